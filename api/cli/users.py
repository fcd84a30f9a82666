"""`order-ledger user`: people, and tills, that sign in with a password."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from api.cli.desk import Desk, add_json_option, add_tenant_option, at_desk, at_log, until_everywhere
from api.cli.tree import Tree
from ledger.errors import LedgerError
from ledger.roles import ROLES

if TYPE_CHECKING:
    from ledger.users import User

_USERS = """\
Users trade a name and a password for tokens at POST /Token. Names are told apart without regard to case, and are unique
over all tenants. The password is asked for twice on a terminal, and read as one line from stdin elsewhere.
"""
_EXAMPLES = """\
examples:
  order-ledger user create anna@kafe.example --role admin
  order-ledger user create till-1 --role terminal --terminal 0c7d2a6e-51f3-4f0e-9b9e-3f1f6a0d7c11 < password.txt
  order-ledger user list
  order-ledger user set-password anna@kafe.example
  order-ledger user disable anna@kafe.example

"""
_CREATE = "Make a user who may sign in at POST /Token."
_LIST = "List the users of a tenant, disabled ones too."
_PASSWORD = "Give a user another password. Who is signed in with the old one is signed out when this command ends."
_DISABLE = (
    "Let a user sign in no more. Who is signed in is signed out when this command ends. What they did stays theirs."
)


def add_to(tree: Tree) -> None:
    """Declares the commands."""
    users = tree.group("user", "make, list and disable users, set passwords", _USERS, _EXAMPLES)
    create = users.command("create", "make a user", _CREATE, _EXAMPLES, at_desk(_create))
    create.add_argument("--role", required=True, choices=ROLES, help="what the user may do, as for a key")
    create.add_argument("--terminal", type=UUID, metavar="GUID", help="the only terminal to post documents of")
    listed = users.command("list", "list users", _LIST, _EXAMPLES, at_log(_list))
    line = "give a user another password"
    password = users.command("set-password", line, _PASSWORD, _EXAMPLES, at_desk(_password), also=["password"])
    disable = users.command("disable", "let a user sign in no more", _DISABLE, _EXAMPLES, at_desk(_disable))
    for command in (create, password, disable):
        command.add_argument("name", metavar="NAME", help="an e-mail address, or any other name")
    for command in (create, listed):
        add_tenant_option(command)
    for command in (create, listed, password, disable):
        add_json_option(command)


async def _create(desk: Desk) -> None:
    import asyncio

    from ledger.users import add_user, folded, tenant_of_user

    tenant, options = await desk.tenant(), desk.options
    if await tenant_of_user(desk.pool, options.name) is not None:
        raise LedgerError(f"there is a user {folded(options.name)!r} already; names are unique over all tenants")
    hashed = await asyncio.to_thread(_hashed_password)
    user_id = await add_user(desk.pool, tenant.tenant_id, options.name, hashed, options.role, options.terminal)
    name = folded(options.name)
    facts = {"user_id": user_id, "name": name, "tenant": tenant.name, "role": options.role}
    desk.tell(facts | {"terminal": options.terminal}, f"User {name} of tenant {tenant.name}, role {options.role}.")


async def _list(desk: Desk) -> None:
    from ledger.users import users_of

    tenant = await desk.known_tenant()
    desk.show([_row(user) for user in await users_of(desk.pool, tenant.tenant_id)])


def _row(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "state": "disabled" if user.disabled_at else "good",
        "terminal": user.terminal,
        "created_at": user.created_at.isoformat(timespec="seconds"),
        "user_id": user.user_id,
    }


async def _password(desk: Desk) -> None:
    import asyncio

    from ledger.users import set_password

    tenant_id, name = await _found(desk)
    await set_password(desk.pool, tenant_id, name, await asyncio.to_thread(_hashed_password))
    await until_everywhere()
    desk.tell({"name": name, "password": "set"}, f"User {name} has another password, and signs in anew.")


async def _disable(desk: Desk) -> None:
    from ledger.users import disable_user

    tenant_id, name = await _found(desk)
    await disable_user(desk.pool, tenant_id, name)
    await until_everywhere()
    desk.tell({"name": name, "disabled": True}, f"User {name} is disabled.")


async def _found(desk: Desk) -> tuple[int, str]:
    from ledger.users import folded, tenant_of_user

    name = folded(desk.options.name)
    tenant_id = await tenant_of_user(desk.pool, name)
    if tenant_id is None:
        raise LedgerError(f"there is no user {name!r}; `order-ledger user list` shows those there are")
    return tenant_id, name


def _hashed_password() -> str:
    from ledger.passwords import hashed

    if not sys.stdin.isatty():
        return hashed(sys.stdin.readline().rstrip("\r\n"))
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise LedgerError("the two passwords differ; nothing was changed")
    return hashed(first)

-- Bodies for wrk: a text with marks like @id@, filled anew for each request. Arguments after `--`: the file with the
-- text, the first number, a file with one bearer token a line, and a seed.
local parts, marks, tokens, number, at = {}, {}, {}, 0, 0

local function guid()
  return string.format("%08x-%04x-4%03x-8%03x-%06x%06x", math.random(0, 0x7fffffff), math.random(0, 0xffff),
    math.random(0, 0xfff), math.random(0, 0xfff), math.random(0, 0xffffff), math.random(0, 0xffffff))
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  local from = 1
  while true do
    local first, last, name = text:find("@(%w+)@", from)
    if not first then break end
    parts[#parts + 1] = text:sub(from, first - 1)
    marks[#marks + 1] = name
    from = last + 1
  end
  parts[#parts + 1] = text:sub(from)
  number = tonumber(args[2])
  for line in io.lines(args[3]) do tokens[#tokens + 1] = "Bearer " .. line end
  math.randomseed(tonumber(args[4]))
  for _ = 1, 10 do math.random() end
end

function request()
  number = number + 1
  at = at % #tokens + 1
  local values, out = { number = string.format("%.0f", number) }, {}
  for index, name in ipairs(marks) do
    if not values[name] then values[name] = guid() end
    out[#out + 1] = parts[index]
    out[#out + 1] = values[name]
  end
  out[#out + 1] = parts[#parts]
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json", Authorization = tokens[at] },
    table.concat(out))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\nRESULT {"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end

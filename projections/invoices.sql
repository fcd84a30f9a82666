-- name: save_invoices -- the newest content of each
INSERT INTO invoices (tenant_id, invoice_id, terminal_id, created_at, recorded_at, document)
SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::bytea[]) AS n
    ON CONFLICT (tenant_id, invoice_id) DO UPDATE
   SET terminal_id = excluded.terminal_id, created_at = excluded.created_at, recorded_at = excluded.recorded_at,
       document = excluded.document

-- name: invoices_in_window -- created or changed in ($2, $3], at terminal $4 where one is given
SELECT coalesce((
           SELECT array_agg(p.document ORDER BY p.created_at, p.invoice_id)
             FROM (SELECT i.document, i.created_at, i.invoice_id
                     FROM read_invoices.invoices i,
                          (SELECT coalesce($2, '-infinity'::timestamptz) AS after,
                                  coalesce($3, 'infinity'::timestamptz) AS until) w
                    WHERE i.tenant_id = $1
                      AND (i.created_at > w.after AND i.created_at <= w.until
                           OR i.recorded_at > w.after AND i.recorded_at <= w.until)
                      AND ($4::uuid IS NULL OR i.terminal_id = $4)
                    ORDER BY i.created_at, i.invoice_id OFFSET $5 LIMIT $6) p), '{}') AS documents,
       coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'invoices'), 0) AS position

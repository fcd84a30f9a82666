-- name: states -- what is known of a batch's Swish ids
SELECT swish_id, state FROM swish_payments WHERE tenant_id = $1 AND swish_id = ANY ($2::text[])

-- name: save_payments -- as they stand now; when an id was first heard of stays
INSERT INTO swish_payments (tenant_id, swish_id, first_position, order_id, flags, state, document)
SELECT $1, n.* FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[]) AS n
    ON CONFLICT (tenant_id, swish_id) DO UPDATE
   SET order_id = excluded.order_id, flags = excluded.flags, state = excluded.state, document = excluded.document

-- name: payments -- the newest first, of order $2 where one is given; $3 at most, and no more once they have passed 64 MB
SELECT coalesce((
           SELECT array_agg(p.document ORDER BY p.first_position DESC)
             FROM (SELECT s.*, sum(octet_length(document)) OVER (ORDER BY first_position DESC ROWS UNBOUNDED PRECEDING)
                              - octet_length(document) AS before
                     FROM (SELECT s.document, s.first_position
                             FROM read_swish.swish_payments s
                            WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.order_id = $2)
                            ORDER BY s.first_position DESC LIMIT $3) s) p
            WHERE p.before < 64000000), '{}') AS documents,
       coalesce((SELECT c.position FROM ledger.checkpoints c
                  WHERE c.tenant_id = $1 AND c.projection = 'swish'), 0) AS position

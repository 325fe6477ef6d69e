-- Remove a batch and its documents from the ledger for good. An attempt still running is refused when it finishes.
-- ARGV: job_id, seconds (empty: at any time): only if it has been finished for so long, and was not retried meanwhile
-- Returns flat triples document_id, result_key, pages_key: the artifacts that the caller deletes now.
local batch, removed = 'batch:' .. ARGV[1], {}
local tenant = redis.call('HGET', batch, 'tenant')
if not tenant then return removed end
local age, finished = tonumber(ARGV[2]), redis.call('ZSCORE', 'finished', ARGV[1])
if age and (not finished or tonumber(finished) > now() - age) then return removed end
for _, id in ipairs(redis.call('LRANGE', batch .. ':documents', 0, -1)) do
  local keys = redis.call('HMGET', 'document:' .. id, 'result_key', 'pages_key')
  removed[#removed + 1] = id
  removed[#removed + 1] = keys[1] or ''
  removed[#removed + 1] = keys[2] or ''
  local state = redis.call('HGET', 'document:' .. id, 'state')
  if waits(state) then redis.call('HINCRBY', 'unfinished', tenant, -1) end
  if state == 'queued' then step_out(id) end
  disown(id)
  drop_parts(id)
  for _, index in ipairs({'queued', 'running', 'dead'}) do redis.call('ZREM', index, id) end
  redis.call('DEL', 'document:' .. id)
end
redis.call('ZREM', 'tenant:' .. tenant .. ':batches', ARGV[1])
redis.call('ZREM', 'finished', ARGV[1])
redis.call('SREM', 'open', ARGV[1])
redis.call('ZREM', 'webhooks', ARGV[1])
local record = redis.call('HGET', batch, 'idempotency')
local known = record and redis.call('GET', record)
-- Records end before batches do: a newer batch may have this one's key.
if known and string.match(known, '^%S+') == ARGV[1] then redis.call('DEL', record) end
redis.call('DEL', batch, batch .. ':documents')
return removed

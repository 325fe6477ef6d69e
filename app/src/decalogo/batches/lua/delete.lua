--[[
Delete a batch and its documents from the ledger. A running attempt is fenced when it finishes.

ARGV    1 job_id
        2 seconds: delete only a batch that finished at least this long ago; empty: always
Returns the ids of its documents. The caller deletes their artifacts
--]]
local job_id, removed, time = ARGV[1], {}, now()
local batch = 'batch:' .. job_id
local tenant = redis.call('HGET', batch, 'tenant')
if not tenant then return removed end
local age, finished = tonumber(ARGV[2]), redis.call('ZSCORE', 'finished', job_id)
if age and (not finished or tonumber(finished) > time - age) then return removed end

local function remove(id)
  removed[#removed + 1] = id
  local state = redis.call('HGET', 'document:' .. id, 'state')
  if unfinished(state) then redis.call('HINCRBY', 'unfinished', tenant, -1) end
  if state == 'queued' then dequeue(id) end
  disown(id)
  delete_parts(id)
  for _, index in ipairs({'queued', 'running', 'dead'}) do redis.call('ZREM', index, id) end
  redis.call('DEL', 'document:' .. id)
end

for _, id in ipairs(redis.call('LRANGE', batch .. ':documents', 0, -1)) do
  -- Workers may write the list, but not the index of the tenant, which decides whose document it is.
  local size = redis.call('ZSCORE', 'tenant:' .. tenant .. ':documents', id)
  if size then
    remove(id) -- first: where it fails, the index keeps the document for the next attempt
    redis.call('ZREM', 'tenant:' .. tenant .. ':documents', id)
    redis.call('HINCRBY', 'tenant:bytes', tenant, -size)
    redis.call('HINCRBY', 'tenant:counts', tenant, -1)
  end
end
redis.call('ZREM', 'tenant:' .. tenant .. ':batches', job_id)
for _, index in ipairs({'finished', 'webhooks'}) do redis.call('ZREM', index, job_id) end
redis.call('SREM', 'open', job_id)
-- The record of an idempotency key expires before its batch does. The key may then belong to a newer batch.
for record in string.gmatch(redis.call('HGET', batch, 'idempotency') or '', 'idempotency:%S+') do
  local known = redis.call('GET', record)
  if known and string.match(known, '^%S+') == job_id then redis.call('DEL', record) end
end
redis.call('DEL', batch, batch .. ':documents', 'webhook:' .. job_id)
if age then -- retention: a process of the API moves this to the audit log (audit/pending.py)
  redis.call('RPUSH', 'audit', cjson.encode({
    action = 'retention.delete', tenant = tenant, batch = job_id, documents = #removed, time = time
  }))
end
return removed

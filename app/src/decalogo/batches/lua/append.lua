--[[
Add documents to a batch and queue them: all of them or none. A finished batch is unfinished again. Repeating the call
with the same documents changes nothing.

ARGV    1-4 tenant, max_depth, max_memory_share, max_tenant (check_admission.lua)
        5 job_id
        6 greatest number of documents of the batch
        7 documents: JSON list, as add_documents takes it (lib/queues.lua)
        8 idempotency record: key, or empty
        9 fingerprint of the payload, kept in that record
        10 seconds for which the record is kept
        11, 12 maximum number and bytes of all stored documents of the tenant; 0 disables
        13 entry of the audit log, or empty
Returns {} when the documents are recorded
        {limit, value, maximum, seconds to wait} when a limit rejects them
        {'idempotency-key', record} when another upload with this key was accepted before
        {'no-batch'} when the tenant has no such batch
        {'batch-documents', number now, maximum} when the batch would become too large
        {'custom-id', id} when another document of the batch has this id
--]]
local tenant, job_id, record, time = ARGV[1], ARGV[5], ARGV[8], now()
local documents, batch = cjson.decode(ARGV[7]), 'batch:' .. job_id
local stored = redis.call('HMGET', batch, 'options', 'total')
-- This index decides, because workers may write the batch but not the index.
if not redis.call('ZSCORE', 'tenant:' .. tenant .. ':batches', job_id) then return {'no-batch'} end
if redis.call('EXISTS', 'document:' .. documents[1].id) == 1 then return {} end
local repeated = accepted_before(record)
if repeated then return repeated end

local total, given = tonumber(stored[2]), {}
if total + #documents > tonumber(ARGV[6]) then return {'batch-documents', total, ARGV[6]} end
for _, document in ipairs(documents) do
  if document.custom_id ~= '' then given[document.custom_id] = true end
end
if next(given) then
  for _, id in ipairs(redis.call('LRANGE', batch .. ':documents', 0, -1)) do
    local custom_id = redis.call('HGET', 'document:' .. id, 'custom_id')
    if custom_id and given[custom_id] then return {'custom-id', custom_id} end
  end
end
local rejected = reject_stored(tenant, documents, ARGV[11], ARGV[12])
  or reject(tenant, #documents, ARGV[2], ARGV[3], ARGV[4])
if rejected then return rejected end

redis.call('HINCRBY', batch, 'total', #documents)
redis.call('HINCRBY', batch, 'queued', #documents)
if record ~= '' then
  redis.call('SET', record, job_id .. ' ' .. ARGV[9] .. ' ' .. total, 'EX', ARGV[10])
  redis.call('HSET', batch, 'idempotency', (redis.call('HGET', batch, 'idempotency') or '') .. ' ' .. record)
end
add_documents(job_id, tenant, cjson.decode(stored[1]).priority, documents, time)
update_batch(job_id, time)
if ARGV[13] ~= '' then redis.call('RPUSH', 'audit', ARGV[13]) end
return {}

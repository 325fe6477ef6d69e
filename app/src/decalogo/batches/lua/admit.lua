--[[
Record a batch and queue its documents: all of them or none. Repeating the call with the same job id changes nothing.

ARGV    1-4 tenant, max_depth, max_memory_share, max_tenant (check_admission.lua)
        5 job_id
        6 options (JSON)
        7 priority (high, normal or low)
        8 documents: JSON list, as add_documents takes it (lib/queues.lua)
        9 webhook: JSON {url, secret}, or empty
        10 idempotency record: key, or empty
        11 fingerprint of the payload, kept in that record
        12 seconds for which the record is kept
        13 metadata of the batch: JSON, or empty
        14, 15 maximum number and bytes of all stored documents of the tenant; 0 disables
        16 record for the audit log: JSON, or empty
Returns {} when the batch is recorded
        {limit, value, maximum, seconds to wait} when a limit rejects it
        {'idempotency-key', record} when another upload with this key was accepted before
--]]
local tenant, job_id, options, priority = ARGV[1], ARGV[5], ARGV[6], ARGV[7]
local documents, webhook, record, time = cjson.decode(ARGV[8]), ARGV[9], ARGV[10], now()
local batch = 'batch:' .. job_id
if redis.call('EXISTS', batch) == 1 then return {} end
local rejected = accepted_before(record)
  or reject_stored(tenant, documents, ARGV[14], ARGV[15])
  or reject(tenant, #documents, ARGV[2], ARGV[3], ARGV[4])
if rejected then return rejected end

redis.call('HSET', batch, 'tenant', tenant, 'options', options, 'created_at', stamp(time), 'finished_at', '0',
  'total', #documents, 'queued', #documents, 'running', 0, 'succeeded', 0, 'partial', 0, 'failed', 0, 'dead', 0,
  'cancelled', 0)
if webhook ~= '' then
  local target = cjson.decode(webhook)
  redis.call('HSET', batch, 'webhook', 1)
  redis.call('HSET', 'webhook:' .. job_id, 'url', target.url, 'secret', target.secret)
end
if ARGV[13] ~= '' then redis.call('HSET', batch, 'metadata', ARGV[13]) end
if record ~= '' then
  redis.call('SET', record, job_id .. ' ' .. ARGV[11] .. ' 0', 'EX', ARGV[12])
  redis.call('HSET', batch, 'idempotency', record)
end
redis.call('ZADD', 'tenant:' .. tenant .. ':batches', stamp(time), job_id)
add_documents(job_id, tenant, priority, documents, time)
redis.call('SADD', 'open', job_id)
if ARGV[16] ~= '' then redis.call('RPUSH', 'audit', ARGV[16]) end
count('batches')
return {}

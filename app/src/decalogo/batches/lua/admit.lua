--[[
Record a batch and queue its documents: all of them or none. Repeating the call with the same job id changes nothing.

ARGV    1-4 tenant, max_depth, max_memory_share, max_tenant (check_admission.lua)
        5 job_id
        6 options (JSON)
        7 priority (high, normal or low)
        8 documents: JSON list of {id, filename, custom_id, sha256, size, large, metadata, not_applicable}; the last two
          are JSON texts, or empty
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
if record ~= '' then
  local known = redis.call('GET', record)
  if known then return {'idempotency-key', known} end
end
local bytes = 0
for _, document in ipairs(documents) do bytes = bytes + document.size end
local rejected = reject_stored(tenant, #documents, bytes, ARGV[14], ARGV[15])
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
  redis.call('SET', record, job_id .. ' ' .. ARGV[11], 'EX', ARGV[12])
  redis.call('HSET', batch, 'idempotency', record)
end
redis.call('ZADD', 'tenant:' .. tenant .. ':batches', stamp(time), job_id)
for n, document in ipairs(documents) do
  redis.call('HSET', 'document:' .. document.id, 'job_id', job_id, 'tenant', tenant, 'filename', document.filename,
    'custom_id', document.custom_id, 'sha256', document.sha256, 'size', document.size, 'priority', priority,
    'large', document.large and 1 or 0, 'state', 'queued', 'attempts', 0, 'lost', 0, 'slow', 0, 'owner', '',
    'problem', '', 'result_key', '', 'pages_key', '',
    'created_at', stamp(time), 'started_at', '0', 'finished_at', '0')
  for _, name in ipairs({'metadata', 'not_applicable'}) do
    if document[name] ~= '' then redis.call('HSET', 'document:' .. document.id, name, document[name]) end
  end
  redis.call('RPUSH', batch .. ':documents', document.id)
  redis.call('ZADD', 'tenant:' .. tenant .. ':documents', document.size, document.id)
  redis.call('ZADD', 'queued', stamp(time), document.id)
  enqueue(document.id, stamp(time + n / 1000000), first_queue(priority, false, document.large), tenant)
end
redis.call('SADD', 'open', job_id)
redis.call('HINCRBY', 'tenant:bytes', tenant, bytes)
redis.call('HINCRBY', 'tenant:counts', tenant, #documents)
if ARGV[16] ~= '' then redis.call('RPUSH', 'audit', ARGV[16]) end
count('batches')
count('accepted', #documents)
count('queued', #documents)
redis.call('HINCRBY', 'unfinished', tenant, #documents)
return {}

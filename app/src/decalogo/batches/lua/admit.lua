-- Record a batch and its documents, all or nothing. Repeating it with the same job id changes nothing.
-- ARGV: tenant, max_depth, max_memory_share, max_tenant (documents; 0 is no limit), job_id, options (JSON), priority,
--       documents (JSON list of {id, filename, custom_id, sha256, size, large}), webhook (JSON or empty),
--       idempotency record (key or empty), fingerprint, seconds the record is kept
-- Returns an empty list, or {limit name, value, limit, retry after (seconds)} when there is no room, or
-- {'idempotency-key', job id and fingerprint} when another upload with this key was accepted before.
local tenant, job_id, options, priority = ARGV[1], ARGV[5], ARGV[6], ARGV[7]
local documents, time, batch = cjson.decode(ARGV[8]), now(), 'batch:' .. ARGV[5]
if redis.call('EXISTS', batch) == 1 then return {} end
local webhook, record = ARGV[9], ARGV[10]
if record ~= '' then
  local known = redis.call('GET', record)
  if known then return {'idempotency-key', known} end
end
local refused = refusal(tenant, #documents, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), time)
if refused then
  count('refused:' .. refused[1])
  return refused
end

redis.call('HSET', batch, 'tenant', tenant, 'options', options, 'created_at', stamp(time), 'finished_at', '0',
  'total', #documents, 'queued', #documents, 'running', 0, 'succeeded', 0, 'partial', 0, 'failed', 0, 'dead', 0,
  'cancelled', 0)
if webhook ~= '' then redis.call('HSET', batch, 'webhook', webhook) end
if record ~= '' then
  redis.call('SET', record, job_id .. ' ' .. ARGV[11], 'EX', ARGV[12])
  redis.call('HSET', batch, 'idempotency', record)
end
redis.call('ZADD', 'tenant:' .. tenant .. ':batches', stamp(time), job_id)
for n, document in ipairs(documents) do
  redis.call('HSET', 'document:' .. document.id, 'job_id', job_id, 'tenant', tenant, 'filename', document.filename,
    'custom_id', document.custom_id, 'sha256', document.sha256, 'size', document.size, 'priority', priority,
    'large', document.large and 1 or 0,
    'state', 'queued', 'attempts', 0, 'lost', 0, 'extended', 0, 'owner', '', 'problem', '', 'result_key', '', 'pages_key', '',
    'created_at', stamp(time), 'started_at', '0', 'finished_at', '0')
  redis.call('RPUSH', batch .. ':documents', document.id)
  redis.call('ZADD', 'queued', stamp(time), document.id)
  -- A microsecond apart, so that those of a batch keep their order.
  local lane = document.large and priority ~= 'high' and 'large' or priority
  line_up(document.id, stamp(time + n / 1000000), lane, tenant)
end
redis.call('SADD', 'open', job_id)
count('batches')
count('accepted', #documents)
count('queued', #documents)
redis.call('HINCRBY', 'unfinished', tenant, #documents)
return {}

-- Record a batch and its documents, all or nothing. Repeating it with the same job id changes nothing.
-- ARGV: job_id, tenant, options (JSON), priority, max_depth (documents),
--       documents (JSON list of {id, filename, custom_id, sha256, size})
-- Returns {"admitted", depth} or {"full", depth}; depth counts queued documents before this batch.
local job_id, tenant, options, priority = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local max_depth, documents = tonumber(ARGV[5]), cjson.decode(ARGV[6])
local depth = redis.call('ZCARD', 'queued')
local batch = 'batch:' .. job_id
if redis.call('EXISTS', batch) == 1 then return {'admitted', depth} end
if depth + #documents > max_depth then return {'full', depth} end

local time = now()
redis.call('HSET', batch, 'tenant', tenant, 'options', options, 'created_at', stamp(time), 'finished_at', '0',
  'total', #documents, 'queued', #documents, 'running', 0, 'succeeded', 0, 'partial', 0, 'failed', 0, 'dead', 0,
  'cancelled', 0)
redis.call('ZADD', 'tenant:' .. tenant .. ':batches', stamp(time), job_id)
for _, document in ipairs(documents) do
  redis.call('HSET', 'document:' .. document.id, 'job_id', job_id, 'tenant', tenant, 'filename', document.filename,
    'custom_id', document.custom_id, 'sha256', document.sha256, 'size', document.size, 'priority', priority,
    'state', 'queued', 'attempts', 0, 'lost', 0, 'owner', '', 'problem', '', 'result_key', '', 'pages_key', '',
    'created_at', stamp(time), 'started_at', '0', 'finished_at', '0')
  redis.call('RPUSH', batch .. ':documents', document.id)
  redis.call('ZADD', 'queued', stamp(time), document.id)
end
redis.call('HINCRBY', 'totals', 'queued', #documents)
return {'admitted', depth}

--[[
Queues, and round robin among tenants.

Every queued document waits in exactly one queue, which its properties determine (queue_of). Within a queue each tenant
has a tenant queue in order of arrival. A claim serves the tenant with the lowest position in round-robin:<queue> and
gives that tenant the highest position. So with T tenants, the k-th document of a tenant queue starts after at most
k * T - 1 other documents of the same queue, no matter how many documents another tenant has.

A new tenant enters at the highest position, so that it does not overtake tenants that already wait. A tenant whose
queue becomes empty leaves the round robin.
--]]

local PRIORITY_QUEUE = {high = 'high_priority', normal = 'decalogo_batch_tasks', low = 'low_priority'}

-- Return the queue of the first attempt at a document or part.
--   scans    a part that needs OCR          } not for priority `high`
--   large    takes long by size or pages    }
local function first_queue(priority, heavy, large)
  if priority ~= 'high' then
    if heavy then return 'scans' end
    if large then return 'large' end
  end
  return PRIORITY_QUEUE[priority]
end

-- Return the queue of a document. The properties that decide it never change while a document is queued.
--   suspect  an attempt was lost, or a part of the same document was: it may take down its worker again
--   slow     the soft time limit stopped it once; its message carries longer limits
local function queue_of(id)
  local document = redis.call('HMGET', 'document:' .. id, 'lost', 'priority', 'slow', 'part_of', 'heavy', 'large')
  local lost = tonumber(document[1]) > 0
  if document[4] then lost = lost or redis.call('HGET', 'document:' .. document[4], 'suspect') == '1' end
  if lost then return 'suspect' end
  if document[3] == '1' then return 'slow' end
  return first_queue(document[2], document[5] == '1', document[6] == '1')
end

local function next_position()
  return redis.call('HINCRBY', 'round-robin', 'position', 1)
end

-- Add a document to its tenant queue. `since` is its time of arrival; documents of one batch arrive a microsecond apart.
-- The caller may pass queue and tenant if it knows them.
local function enqueue(id, since, queue, tenant)
  queue, tenant = queue or queue_of(id), tenant or redis.call('HGET', 'document:' .. id, 'tenant')
  redis.call('ZADD', 'queue:' .. queue, since, id)
  redis.call('ZADD', 'queue:' .. queue .. ':' .. tenant, since, id)
  if not redis.call('ZSCORE', 'round-robin:' .. queue, tenant) then
    redis.call('ZADD', 'round-robin:' .. queue, next_position(), tenant)
  end
end

-- Remove a document from its tenant queue.
local function dequeue(id)
  local queue, tenant = queue_of(id), redis.call('HGET', 'document:' .. id, 'tenant')
  local tenant_queue = 'queue:' .. queue .. ':' .. tenant
  redis.call('ZREM', 'queue:' .. queue, id)
  redis.call('ZREM', tenant_queue, id)
  if redis.call('EXISTS', tenant_queue) == 0 then redis.call('ZREM', 'round-robin:' .. queue, tenant) end
end

-- Return the next document of a queue by round robin, or nil when there is none. `passed_over` is a set of tenants.
local function next_document(queue, passed_over)
  local last = next(passed_over) and -1 or 0
  for _, tenant in ipairs(redis.call('ZRANGE', 'round-robin:' .. queue, 0, last)) do
    if not passed_over[tenant] then
      redis.call('ZADD', 'round-robin:' .. queue, next_position(), tenant)
      return redis.call('ZRANGE', 'queue:' .. queue .. ':' .. tenant, 0, 0)[1]
    end
  end
  return nil
end

-- Record documents of a batch and queue them. The counters of the batch itself are the caller's.
--   documents  list of {id, filename, custom_id, sha256, size, large, metadata, not_applicable}; the last two are JSON
--              texts, or empty
local function add_documents(job_id, tenant, priority, documents, time)
  local bytes = 0
  for n, document in ipairs(documents) do
    redis.call('HSET', 'document:' .. document.id, 'job_id', job_id, 'tenant', tenant, 'filename', document.filename,
      'custom_id', document.custom_id, 'sha256', document.sha256, 'size', document.size, 'priority', priority,
      'large', document.large and 1 or 0, 'state', 'queued', 'attempts', 0, 'lost', 0, 'slow', 0, 'owner', '',
      'problem', '', 'result_key', '', 'pages_key', '',
      'created_at', stamp(time), 'started_at', '0', 'finished_at', '0')
    for _, name in ipairs({'metadata', 'not_applicable'}) do
      if document[name] ~= '' then redis.call('HSET', 'document:' .. document.id, name, document[name]) end
    end
    redis.call('RPUSH', 'batch:' .. job_id .. ':documents', document.id)
    redis.call('ZADD', 'tenant:' .. tenant .. ':documents', document.size, document.id)
    bytes = bytes + document.size
    redis.call('ZADD', 'queued', stamp(time), document.id)
    enqueue(document.id, stamp(time + n / 1000000), first_queue(priority, false, document.large), tenant)
  end
  count('accepted', #documents)
  count('queued', #documents)
  redis.call('HINCRBY', 'unfinished', tenant, #documents)
  redis.call('HINCRBY', 'tenant:bytes', tenant, bytes)
  redis.call('HINCRBY', 'tenant:counts', tenant, #documents)
end

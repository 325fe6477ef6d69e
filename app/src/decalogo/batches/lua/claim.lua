--[[
Claim the next queued document: start an attempt with a lease for one Celery task.

A message only reports that a document waits. Which document its worker process starts is decided here, when the process
is free. So a document of high priority or of another tenant is never stuck behind messages that were sent earlier.

Order: the queues by rank, except that of every ten claims one serves `large`, one `scans` and one `low_priority` first,
so that none of them starves. Within a queue, round robin among tenants (lib/queues.lua). While small documents wait,
documents of the queues `large` and `scans` together occupy at most a share of the worker processes, but at least one.
While several tenants wait, one that occupies its share of the worker processes is passed over.

ARGV    1 owner: Celery task id
        2 lease (seconds)
        3 claim_id: unique id of this call. A client that lost the reply repeats the call with the same id and gets the
          same claim; a duplicate message with the same task id gets none
        4 share of worker processes for large documents, 0 to 1
        5 share of worker processes for one tenant, 0 to 1
        6... queues by rank
Returns {} when there is nothing to claim, else
        {id, queue, attempt, job_id, options (JSON), not_applicable (JSON), seconds in the queue, part_of, work, split,
        parts, splits}; not_applicable is empty if that of the options applies, part_of and work are empty for a whole
        document, split, parts and splits are 0 for one that was never split
--]]
local owner, lease, claim_id, time = ARGV[1], tonumber(ARGV[2]), ARGV[3], now()
local queues = {unpack(ARGV, 6)}
local HEAVY = {large = true, scans = true}
local FIRST_AT = {[2] = 'large', [4] = 'scans', [9] = 'low_priority'} -- claims modulo 10

local function claimed(id, queue, attempt, seconds)
  local known = redis.call('HMGET', 'document:' .. id, 'job_id', 'part_of', 'work', 'split', 'parts', 'splits')
  local options = redis.call('HGET', 'batch:' .. known[1], 'options')
  local own = redis.call('HGET', 'document:' .. (known[2] or id), 'not_applicable') or ''
  return {id, queue, attempt, known[1], options, own, stamp(seconds), known[2] or '', known[3] or '', known[4] or 0,
    known[5] or 0, known[6] or 0}
end

local function heavy_running()
  local number = 0
  for _, id in ipairs(redis.call('SMEMBERS', 'heavy')) do
    if redis.call('ZSCORE', 'running', id) then number = number + 1 else redis.call('SREM', 'heavy', id) end
  end
  return number
end

-- Return the number of processes of live workers that take any document; 0 when none is known yet.
local function processes()
  local number = 0
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', 'workers', stamp(time - 3 * lease), '+inf')) do
    number = number + tonumber(redis.call('HGET', 'worker-processes', worker) or 0)
  end
  return number
end

local function several_tenants_wait()
  local first
  for _, queue in ipairs(queues) do
    for _, tenant in ipairs(redis.call('ZRANGE', 'round-robin:' .. queue, 0, 1)) do
      first = first or tenant
      if tenant ~= first then return true end
    end
  end
  return false
end

-- Return the set of tenants that occupy their share of the processes. Documents of the suspect worker do not count.
local function tenants_over_share()
  local over, held, number = {}, {}, processes()
  if number == 0 then return over end
  local most = math.max(1, math.floor(number * tonumber(ARGV[5])))
  for _, id in ipairs(redis.call('ZRANGE', 'running', 0, -1)) do
    local known = redis.call('HMGET', 'document:' .. id, 'tenant', 'lost', 'slow')
    if known[1] and known[2] == '0' and known[3] ~= '1' then
      held[known[1]] = (held[known[1]] or 0) + 1
      if held[known[1]] >= most then over[known[1]] = true end
    end
  end
  return over
end

local function heavy_may_start()
  local small = 0
  for _, queue in ipairs(queues) do
    if not HEAVY[queue] then small = small + redis.call('ZCARD', 'queue:' .. queue) end
  end
  if small == 0 then return true end
  return heavy_running() < math.max(1, math.floor(processes() * tonumber(ARGV[4])))
end

local function next_of_all(passed_over)
  local first = FIRST_AT[tonumber(redis.call('HGET', 'round-robin', 'claims') or 0) % 10]
  local order, heavy_allowed = {}, nil
  for _, queue in ipairs(queues) do
    if queue == first then table.insert(order, 1, queue) else order[#order + 1] = queue end
  end
  for _, queue in ipairs(order) do
    if HEAVY[queue] and heavy_allowed == nil then heavy_allowed = heavy_may_start() end
    local id = (heavy_allowed or not HEAVY[queue]) and next_document(queue, passed_over)
    if id then
      redis.call('HINCRBY', 'round-robin', 'claims', 1)
      return id, queue
    end
  end
end

local held = redis.call('HGET', 'owners', owner)
if held then
  local known = redis.call('HMGET', 'document:' .. held, 'owner', 'claim_id', 'attempts')
  if known[1] == owner then
    if known[2] == claim_id then return claimed(held, queue_of(held), tonumber(known[3]), 0) end
    count('redelivered')
    return {}
  end
end
local id, queue
if tonumber(ARGV[5]) < 1 and several_tenants_wait() then id, queue = next_of_all(tenants_over_share()) end
if not id then id, queue = next_of_all({}) end
if not id then
  count('redelivered')
  return {}
end

local document = 'document:' .. id
local since = redis.call('ZSCORE', 'queue:' .. queue, id)
if not is_part(id) then count('attempts') end
local attempt = redis.call('HINCRBY', document, 'attempts', 1)
move(id, 'queued', 'running', time)
redis.call('HSET', document, 'owner', owner, 'claim_id', claim_id, 'started_at', stamp(time), 'progress', '')
redis.call('HSET', 'owners', owner, id)
redis.call('ZADD', 'running', stamp(time + lease), id)
redis.call(HEAVY[queue] and 'SADD' or 'SREM', 'heavy', id)
return claimed(id, queue, attempt, math.max(0, time - since))

-- Start an attempt on the queued document (or part of one) whose turn it is in these lanes, or on a named one. A message is
-- no more than the news that something waits: which document its slot starts is decided here, when the slot is free.
--
-- Lanes come by rank, except that of ten claims one each looks for large, scans and low first. Within a lane tenants
-- take turns. Large documents and scans hold no more than their share of the slots while anything small waits.
-- ARGV: document_id (empty: whose turn it is), owner (task id), lease (seconds), an id of this very call (a client that lost
--       the answer and asks again gets it again; a second message with the same task id does not), the share of slots for
--       what is heavy, then the lanes by rank
-- Returns {"claimed", id, lane, attempt, job_id, options, seconds it was queued, part_of, work, split, parts, splits} or
-- {"refused", why}.
local id, owner, lease, call = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local time, lanes = now(), {unpack(ARGV, 6)}
local HEAVY = {large = true, scans = true}
local FAVOURED = {[2] = 'large', [4] = 'scans', [9] = 'low'}

local function claimed(lane, attempt, seconds)
  local document = 'document:' .. id
  local job_id = redis.call('HGET', document, 'job_id')
  local options = redis.call('HGET', 'batch:' .. job_id, 'options')
  local cut = redis.call('HMGET', document, 'part_of', 'work', 'split', 'parts', 'splits')
  return {'claimed', id, lane, attempt, job_id, options, stamp(seconds), cut[1] or '', cut[2] or '', cut[3] or 0,
    cut[4] or 0, cut[5] or 0}
end

local function refused(why)
  count('redelivered')
  return {'refused', why}
end

local function heavy_running()
  local number = 0
  for _, one in ipairs(redis.call('SMEMBERS', 'heavy')) do
    if redis.call('ZSCORE', 'running', one) then number = number + 1 else redis.call('SREM', 'heavy', one) end
  end
  return number
end

local function heavy_may_start()
  local small = 0
  for _, lane in ipairs(lanes) do
    if not HEAVY[lane] then small = small + redis.call('ZCARD', 'waiting:' .. lane) end
  end
  if small == 0 then return true end
  local slots = 0
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', 'workers', stamp(time - 3 * lease), '+inf')) do
    slots = slots + tonumber(redis.call('HGET', 'slots', worker) or 0)
  end
  return heavy_running() < math.max(1, math.floor(slots * tonumber(ARGV[5])))
end

local function next_in(lane)
  while true do
    local tenant = redis.call('ZRANGE', 'turns:' .. lane, 0, 0)[1]
    if not tenant then return nil end
    local line = 'line:' .. lane .. ':' .. tenant
    local first = redis.call('ZRANGE', line, 0, 0)[1]
    if first and redis.call('HGET', 'document:' .. first, 'state') == 'queued' and lane_of(first) == lane then
      redis.call('ZADD', 'turns:' .. lane, redis.call('HINCRBY', 'turn', 'tenants', 1), tenant)
      return first
    end
    -- A worker of an earlier version took it, and knows nothing of lines.
    if first then redis.call('ZREM', line, first) else redis.call('ZREM', 'turns:' .. lane, tenant) end
  end
end

local function next_of_all()
  local favoured, may = FAVOURED[tonumber(redis.call('HGET', 'turn', 'claims') or 0) % 10], nil
  local order = {}
  for _, lane in ipairs(lanes) do
    if lane == favoured then table.insert(order, 1, lane) else order[#order + 1] = lane end
  end
  for _, lane in ipairs(order) do
    if HEAVY[lane] and may == nil then may = heavy_may_start() end
    local found = (may or not HEAVY[lane]) and next_in(lane)
    if found then
      redis.call('HINCRBY', 'turn', 'claims', 1)
      return found
    end
  end
end

local held = redis.call('HGET', 'owners', owner)
if held then
  local known = redis.call('HMGET', 'document:' .. held, 'owner', 'call', 'attempts')
  if known[1] == owner then
    if known[2] ~= call then return refused('held') end
    id = held
    return claimed(lane_of(id), tonumber(known[3]), 0)
  end
end
if id == '' then
  id = next_of_all()
  if not id then return refused('nothing waits') end
else
  local state = redis.call('HGET', 'document:' .. id, 'state')
  if state ~= 'queued' then return refused(state or 'unknown') end
  -- It must not run among the innocent.
  if lane_of(id) == 'suspect' and lanes[1] ~= 'suspect' then return refused('suspect') end
end

local document, lane = 'document:' .. id, lane_of(id)
local since = redis.call('ZSCORE', 'waiting:' .. lane, id) or time
if not string.find(id, '.', 1, true) then count('attempts') end
local attempt = redis.call('HINCRBY', document, 'attempts', 1)
move(id, 'queued', 'running', time)
redis.call('HSET', document, 'owner', owner, 'call', call, 'started_at', stamp(time), 'note', '')
redis.call('HSET', 'owners', owner, id)
redis.call('ZADD', 'running', stamp(time + lease), id)
redis.call(HEAVY[lane] and 'SADD' or 'SREM', 'heavy', id)
return claimed(lane, attempt, math.max(0, time - since))

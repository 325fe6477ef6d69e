--[[
Admission control: whether the appliance accepts more documents.

These limits apply, in this order: what the tenant stores, unfinished documents of the tenant, queued documents in total,
and memory of Redis. The last two close admission for everybody, so the first keeps one tenant from filling memory or
disk with work that is finished or cancelled. A closed admission opens again only below nine tenths of its limit, so that
it does not open and close with every document.

The suggested wait (Retry-After) is the number of excess documents divided by the completion rate of the last five
minutes, between 5 seconds and an hour; 60 seconds when nothing was completed.
--]]

-- Return the documents completed per second over the last five minutes; 0 when there were none.
local function completion_rate(time)
  local last, completed, first = math.floor(time / 10), 0, nil
  for bucket = last - 29, last do
    local number = redis.call('GET', 'completed:' .. bucket)
    if number then
      first = first or bucket
      completed = completed + tonumber(number)
    end
  end
  if not first then return 0 end
  return completed / math.max(10, time - first * 10)
end

-- Return the used share of Redis' maxmemory; 0 when it has none.
local function memory_share()
  local info = redis.call('INFO', 'memory')
  local maximum = tonumber(string.match(info, 'maxmemory:(%d+)'))
  if maximum == 0 then return 0 end
  return tonumber(string.match(info, 'used_memory:(%d+)')) / maximum
end

-- Return nil when `number` more documents of a tenant fit, else {limit, value, maximum, seconds to wait}.
local function exceeded_limit(tenant, number, max_depth, max_memory_share, max_tenant, time)
  local rate = completion_rate(time)
  local function wait(excess)
    if rate == 0 then return 60 end
    return math.min(3600, math.max(5, math.ceil(excess / rate)))
  end

  local own = tonumber(redis.call('HGET', 'unfinished', tenant) or 0)
  if max_tenant > 0 and own + number > max_tenant then
    return {'tenant-documents', own, max_tenant, wait(own + number - max_tenant)}
  end
  local closed = redis.call('HGET', 'admission', 'closed')
  local depth, memory = redis.call('ZCARD', 'queued'), memory_share()
  local depth_limit = closed == 'queue-depth' and max_depth * 0.9 or max_depth
  local memory_limit = closed == 'redis-memory' and max_memory_share * 0.9 or max_memory_share
  if depth + number > depth_limit then
    -- A batch that is too large for the remaining capacity does not close admission for smaller ones.
    if depth >= max_depth * 0.9 then redis.call('HSET', 'admission', 'closed', 'queue-depth') end
    return {'queue-depth', depth, max_depth, wait(depth + number - depth_limit)}
  end
  if memory > memory_limit then
    redis.call('HSET', 'admission', 'closed', 'redis-memory')
    return {'redis-memory', math.floor(memory * 100), math.floor(max_memory_share * 100), 60}
  end
  if closed then redis.call('HDEL', 'admission', 'closed') end
  return nil
end

-- As exceeded_limit, with the limits as ARGV strings; counts a rejection.
local function reject(tenant, number, max_depth, max_memory_share, max_tenant)
  local exceeded = exceeded_limit(
    tenant, number, tonumber(max_depth), tonumber(max_memory_share), tonumber(max_tenant), now())
  if exceeded then count('rejected:' .. exceeded[1]) end
  return exceeded
end

-- Return nil when more documents, a list of {size}, fit into what a tenant may store, else as exceeded_limit; counts a
-- rejection. Stored documents are those of all batches that are not deleted yet. A limit of 0 disables.
local function reject_stored(tenant, documents, max_documents, max_bytes)
  local bytes = 0
  for _, document in ipairs(documents) do bytes = bytes + document.size end
  for _, limit in ipairs({
    {'stored-documents', 'tenant:counts', #documents, tonumber(max_documents)},
    {'stored-bytes', 'tenant:bytes', bytes, tonumber(max_bytes)},
  }) do
    local name, key, more, maximum = unpack(limit)
    local stored = tonumber(redis.call('HGET', key, tenant) or 0)
    if maximum > 0 and stored + more > maximum then
      count('rejected:' .. name)
      return {name, stored, maximum, 3600}
    end
  end
  return nil
end

-- Return {'idempotency-key', record} when an upload with this idempotency record was accepted before, else nil.
local function accepted_before(record)
  local known = record ~= '' and redis.call('GET', record)
  return known and {'idempotency-key', known} or nil
end

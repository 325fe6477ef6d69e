-- Prepended, after the prelude, to the scripts that let documents in: is there room?

-- Documents that ended per second over the last five minutes; 0 when none did.
local function drain_rate(time)
  local last, ended, first = math.floor(time / 10), 0, nil
  for bucket = last - 29, last do
    local count = redis.call('GET', 'drained:' .. bucket)
    if count then
      first = first or bucket
      ended = ended + tonumber(count)
    end
  end
  if not first then return 0 end
  return ended / math.max(10, time - first * 10)
end

local function memory_share()
  local info = redis.call('INFO', 'memory')
  local most = tonumber(string.match(info, 'maxmemory:(%d+)'))
  if most == 0 then return 0 end
  return tonumber(string.match(info, 'used_memory:(%d+)')) / most
end

-- Which limit refuses `count` more documents, or nil. A closed admission opens again only below nine tenths of its limit,
-- so that it does not flutter. Returns limit name, value now, limit, seconds until it is worth trying again.
local function refusal(tenant, count, max_depth, max_memory_share, max_tenant, time)
  local rate = drain_rate(time)
  local function wait(excess)
    if rate == 0 then return 60 end
    return math.min(3600, math.max(5, math.ceil(excess / rate)))
  end

  local mine = tonumber(redis.call('HGET', 'unfinished', tenant) or 0)
  if max_tenant > 0 and mine + count > max_tenant then
    return {'tenant-documents', mine, max_tenant, wait(mine + count - max_tenant)}
  end
  local closed = redis.call('HGET', 'admission', 'closed')
  local depth, memory = redis.call('ZCARD', 'queued'), memory_share()
  local depth_limit = closed == 'queue-depth' and max_depth * 0.9 or max_depth
  local memory_limit = closed == 'redis-memory' and max_memory_share * 0.9 or max_memory_share
  if depth + count > depth_limit then
    -- A batch that is merely too large for the room left does not close the door to smaller ones.
    if depth >= max_depth * 0.9 then redis.call('HSET', 'admission', 'closed', 'queue-depth') end
    return {'queue-depth', depth, max_depth, wait(depth + count - depth_limit)}
  end
  if memory > memory_limit then
    redis.call('HSET', 'admission', 'closed', 'redis-memory')
    return {'redis-memory', math.floor(memory * 100), math.floor(max_memory_share * 100), 60}
  end
  if closed then redis.call('HDEL', 'admission', 'closed') end
  return nil
end

-- Count what waits in each lane. Indexes that do not hold what is queued are made anew: those of an earlier version, of a
-- restored backup, or after a worker of an earlier version has claimed beside this one.
-- ARGV: all lanes
-- Returns how many documents wait in each.
local answer, waiting = {}, 0

for _, lane in ipairs(ARGV) do waiting = waiting + redis.call('ZCARD', 'waiting:' .. lane) end
if waiting ~= redis.call('ZCARD', 'queued') then
  local since = {}
  for _, lane in ipairs(ARGV) do
    local all = redis.call('ZRANGE', 'waiting:' .. lane, 0, -1, 'WITHSCORES')
    for i = 1, #all, 2 do since[all[i]] = all[i + 1] end
    redis.call('DEL', 'waiting:' .. lane)
  end
  for _, id in ipairs(redis.call('ZRANGE', 'queued', 0, -1)) do
    local at = since[id] or redis.call('HGET', 'document:' .. id, 'created_at') or stamp(now())
    redis.call('ZADD', 'waiting:' .. lane_of(id), at, id)
  end
end

for _, lane in ipairs(ARGV) do
  local here, lined = redis.call('ZCARD', 'waiting:' .. lane), 0
  local tenants = redis.call('ZRANGE', 'turns:' .. lane, 0, -1)
  for _, tenant in ipairs(tenants) do lined = lined + redis.call('ZCARD', 'line:' .. lane .. ':' .. tenant) end
  if lined ~= here then
    for _, tenant in ipairs(tenants) do redis.call('DEL', 'line:' .. lane .. ':' .. tenant) end
    local all = redis.call('ZRANGE', 'waiting:' .. lane, 0, -1, 'WITHSCORES')
    for i = 1, #all, 2 do
      local right = lane_of(all[i])
      if right ~= lane then redis.call('ZREM', 'waiting:' .. lane, all[i]) end
      line_up(all[i], all[i + 1], right)
    end
  end
  answer[#answer + 1] = here
end
return answer

-- List queued documents (and parts) of some lanes whose message is older than a grace time, oldest first.
-- One published in the future (the server's clock jumped back) counts as published now.
-- ARGV: grace (seconds), most documents to list, lanes
-- Returns flat triples: document_id, published_at, lane.
local found, time, most, wanted, offset = {}, now(), tonumber(ARGV[2]), {}, 0
for i = 3, #ARGV do wanted[ARGV[i]] = true end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'queued', stamp(time + 60), '+inf')) do
  redis.call('ZADD', 'queued', stamp(time), id)
end
repeat
  local page = redis.call('ZRANGEBYSCORE', 'queued', '-inf', stamp(time - tonumber(ARGV[1])), 'WITHSCORES', 'LIMIT', offset, 500)
  for i = 1, #page, 2 do
    local lane = lane_of(page[i])
    if wanted[lane] and #found < 3 * most then
      found[#found + 1] = page[i]
      found[#found + 1] = page[i + 1]
      found[#found + 1] = lane
    end
  end
  offset = offset + 500
until #page == 0 or #found >= 3 * most
return found

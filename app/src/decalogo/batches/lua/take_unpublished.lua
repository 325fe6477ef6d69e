--[[
Take queued documents that have had no message for a grace time, oldest first, and mark them as published now.

Several schedulers may run recovery. Selecting and marking in one step gives each document to only one of them.

ARGV    1 grace (seconds)
        2 maximum number of documents
        3... queues
Returns flat list of pairs: document id, queue
--]]
local time, maximum, wanted, taken = now(), tonumber(ARGV[2]), {}, {}
for i = 3, #ARGV do wanted[ARGV[i]] = true end
-- Marked in the future: the server's clock was set back since. It counts as published now.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'queued', stamp(time + 60), '+inf')) do
  redis.call('ZADD', 'queued', stamp(time), id)
end
local offset = 0
repeat
  local page = redis.call('ZRANGEBYSCORE', 'queued', '-inf', stamp(time - tonumber(ARGV[1])), 'LIMIT', offset, 500)
  for _, id in ipairs(page) do
    local queue = queue_of(id)
    if wanted[queue] and #taken < 2 * maximum then
      taken[#taken + 1] = id
      taken[#taken + 1] = queue
    end
  end
  offset = offset + 500
until #page == 0 or #taken == 2 * maximum
for i = 1, #taken, 2 do redis.call('ZADD', 'queued', stamp(time), taken[i]) end
if #taken > 0 then count('republished', #taken / 2) end
return taken

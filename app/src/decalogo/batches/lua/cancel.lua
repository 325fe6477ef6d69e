-- Cancel what is not finished; a running attempt's answer is refused later (its state is no longer "running").
-- ARGV: document ids
-- Returns how many were cancelled.
local time, cancelled = now(), 0
for _, id in ipairs(ARGV) do
  local state = redis.call('HGET', 'document:' .. id, 'state')
  if state == 'queued' or state == 'running' then
    redis.call('HSET', 'document:' .. id, 'problem', cjson.encode({
      type = '/problems/document-cancelled', title = 'The document was cancelled', status = 409,
      detail = 'It was cancelled while it was ' .. state .. '.',
    }))
    drop_parts(id)
    move(id, state, 'cancelled', time)
    cancelled = cancelled + 1
  end
end
return cancelled

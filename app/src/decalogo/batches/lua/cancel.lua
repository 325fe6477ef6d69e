--[[
Cancel unfinished documents. A running attempt continues, and is fenced when it finishes.

ARGV    1... document ids
Returns number of cancelled documents
--]]
local time, cancelled = now(), 0
for _, id in ipairs(ARGV) do
  local state = redis.call('HGET', 'document:' .. id, 'state')
  if unfinished(state) then
    redis.call('HSET', 'document:' .. id, 'problem', cjson.encode({
      type = '/problems/document-cancelled', title = 'The document was cancelled', status = 409,
      detail = 'It was cancelled while it was ' .. state .. '.',
    }))
    delete_parts(id)
    move(id, state, 'cancelled', time)
    cancelled = cancelled + 1
  end
end
return cancelled

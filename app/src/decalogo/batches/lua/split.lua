--[[
End an attempt by splitting its document into parts. The document waits, running and without a lease, until the last
part is done. Safe to repeat.

ARGV    1 document id
        2 attempt (fencing token)
        3 heavy: 1 if the parts need OCR and belong to the queue `scans`, else 0
        4... work of each part: the pages to read
Returns {queue, part ids...}, or {} when the attempt is no longer the current one
--]]
local id, attempt = ARGV[1], ARGV[2]
local document = 'document:' .. id
local known = redis.call('HMGET', document, 'state', 'attempts', 'split', 'job_id', 'priority', 'slow', 'large',
  'tenant')
if known[1] ~= 'running' or known[2] ~= attempt then return {} end
local time, number = now(), #ARGV - 3
local answer = {''}
for n = 1, number do answer[n + 1] = id .. '.' .. attempt .. '.' .. n end
if known[3] ~= attempt then
  redis.call('ZREM', 'running', id)
  disown(id)
  redis.call('HSET', document, 'split', attempt, 'parts', number, 'parts_left', number)
  redis.call('HINCRBY', document, 'splits', 1)
  for n = 1, number do
    local part = answer[n + 1]
    redis.call('HSET', 'document:' .. part, 'part_of', id, 'work', ARGV[n + 3], 'heavy', ARGV[3], 'job_id', known[4],
      'large', known[7], 'tenant', known[8], 'priority', known[5], 'slow', known[6],
      'state', 'queued', 'attempts', 0, 'lost', 0, 'owner', '', 'started_at', '0')
    redis.call('ZADD', 'queued', stamp(time), part)
    enqueue(part, stamp(time + n / 1000000))
  end
end
answer[1] = queue_of(parts_of(id)[1]) -- a repeated call may find the first part done
return answer

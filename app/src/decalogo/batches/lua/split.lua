-- End an attempt by cutting its document into parts; the document waits, running without a lease, until all are done.
-- Safe to repeat.
-- ARGV: document_id, attempt, heavy (1 or 0), then what each part is to read
-- Returns {lane, part ids...}; empty when the attempt is no longer the current one.
local id, attempt = ARGV[1], ARGV[2]
local document = 'document:' .. id
local known = redis.call('HMGET', document, 'state', 'attempts', 'split', 'job_id', 'priority', 'extended', 'large',
  'tenant')
if known[1] ~= 'running' or known[2] ~= attempt then return {} end
local time, count = now(), #ARGV - 3
local answer = {''}
for n = 1, count do answer[n + 1] = id .. '.' .. attempt .. '.' .. n end
if known[3] ~= attempt then
  redis.call('ZREM', 'running', id)
  disown(id)
  redis.call('HSET', document, 'split', attempt, 'parts', count, 'parts_left', count)
  redis.call('HINCRBY', document, 'splits', 1)
  for n = 1, count do
    local part = answer[n + 1]
    redis.call('HSET', 'document:' .. part, 'part_of', id, 'work', ARGV[n + 3], 'heavy', ARGV[3], 'job_id', known[4],
      'large', known[7] or '0', 'tenant', known[8], 'priority', known[5], 'extended', known[6],
      'state', 'queued', 'attempts', 0, 'lost', 0, 'owner', '', 'started_at', '0')
    redis.call('ZADD', 'queued', stamp(time), part)
    line_up(part, stamp(time + n / 1000000))
  end
end
answer[1] = lane_of(parts_of(id)[1]) -- of one that is there: a repeated call may find the first one done
return answer

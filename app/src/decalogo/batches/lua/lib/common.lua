--[[
Keys of the ledger, and functions that every script uses.

The files in lua/lib/ are prepended to every script in lua/. A script runs atomically in Redis, so a transition
either happens completely or not at all. All state changes of batches and documents happen in these scripts.

Times are Unix seconds of the server's clock. The clocks of other hosts play no role. Scripts build key names from
their arguments instead of declaring them in KEYS, so they need a single Redis server, not a cluster.

"Document" below also means a part of a document, unless the text says otherwise.

Keys (database redis.ledger_db):

  ledger:format             string  version of this data format (batches/format.py)

  batch:<job_id>            hash    tenant, options (JSON), created_at, finished_at (0: unfinished), total, and one
                                    counter per document state. Optional: idempotency (keys of its records), webhook
                                    (1: it has one), webhook_attempts, webhook_state (pending, delivered, or the
                                    reason it was abandoned), metadata (JSON)
  batch:<job_id>:documents  list    document ids in submission order
  document:<id>             hash    job_id, tenant, filename, custom_id, sha256, size, priority, large (1 or 0), state,
                                    attempts (number of claims, which is the fencing token), lost (attempts that ended
                                    without a result), owner (Celery task id of the running attempt), claim_id (id of
                                    the call that claimed it), slow (1: stopped by the soft time limit once), problem
                                    (JSON), result_key, pages_key, created_at, started_at, finished_at.
                                    Optional: progress (JSON: stage, page and memory at the last renewal), losses (one
                                    line of JSON per lost attempt), metadata (JSON), not_applicable (JSON; replaces
                                    that of the batch's options)
                                    While split: split (attempt that split it), parts (their number), parts_left,
                                    splits (how often it was split), suspect (1: a part was lost)
  document:<id>.<split>.<n> hash    part n (from 1) of a split document: part_of, work (pages to read), heavy, large,
                                    tenant, job_id, priority, state (queued or running), attempts, lost, owner,
                                    claim_id, slow, started_at. It is deleted when it is done. The document itself
                                    stays `running`, without a lease, until its last part is done

  queued                    zset    document -> time of its last message (0: no message yet)
  queue:<queue>             zset    queued document -> time since when it waits in this queue
  queue:<queue>:<tenant>    zset    the same documents of one tenant (tenant queue)
  round-robin:<queue>       zset    tenant with a tenant queue -> position; the lowest position is served next
  round-robin               hash    position: last position given out; claims: documents claimed so far
  heavy                     set     documents claimed from the queues `large` and `scans`; cleaned up when read
  running                   zset    document -> end of its lease
  owners                    hash    Celery task id -> document that it runs
  workers                   zset    worker -> time of its last heartbeat
  worker-processes          hash    worker -> number of its processes that take large documents

  tenant:<tenant>:batches   zset    batch -> created_at
  tenant:<tenant>:documents zset    document -> size of its file. These two decide which tenant owns a batch or
                                    document; workers cannot write them (setup/key_access.py)
  tenant:bytes              hash    tenant -> size of the files of its documents
  tenant:counts             hash    tenant -> number of its documents
  webhook:<job_id>          hash    url, secret; unreadable for workers
  open                      set     batches with an unfinished document
  finished                  zset    batch -> finished_at
  dead                      zset    dead-letter document -> time
  unfinished                hash    tenant -> number of its queued and running documents
  totals                    hash    counters that only grow, for metrics: each document state, accepted, batches,
                                    batches-finished, attempts, lost:<cause>, requeued:<cause>, redelivered, fenced,
                                    republished, rejected:<limit>
  completed:<n>             string  documents that finished in the n-th ten seconds of Unix time; expires
  admission                 hash    closed: limit that closed admission (absent while it is open)

  idempotency:<hash>        string  batch, fingerprint and place of the first document of the upload that was accepted
                                    with this key; expires
  <name>:lock               string  owner of a lock (lock.lua), for idempotency:<hash> and for beat; expires
  beat:sent                 hash    periodic task -> time of its last message
  webhooks                  zset    batch -> time when its webhook is due
--]]

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

-- Format a time so that Redis keeps its microseconds.
local function stamp(seconds)
  return string.format('%.6f', seconds)
end

-- Increase one of the counters for metrics.
local function count(name, by)
  redis.call('HINCRBY', 'totals', name, by or 1)
end

local function is_part(id)
  return string.find(id, '.', 1, true) ~= nil
end

local function unfinished(state)
  return state == 'queued' or state == 'running'
end

--[[
Commit a record: compare, set, expire, move in the indexes and publish, in one step; or several first
records that are in the same indexes. Whatever else a commit does is a part, in a file of `parts/`.

The document and the facets are opaque here: no status name, no JSON.

KEYS
  facets    hash: task id -> its facets, which name its indexes
  expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  tasks     sorted set: all task ids by creation time (µs)
  ended     sorted set: ids of tasks that ended as this one by the time (ms) at which each did
  …         `leaves` sorted sets to leave, then `enters` sorted sets to enter, `requests` hashes of
            workflows, `records` documents (strings); then those of each part
ARGV
  before    the facets that the caller expects, "" for none
  after     the facets from now on
  leaves    number of sets to leave
  enters    number of sets to enter
  requests  number of workflows with requests that the records have to apply
  records   number of records
  fresh     "1": the tasks count as created now
  over      ms since 1970 at which the task has ended, "" otherwise
  most      bytes that a document may have
  …         for each workflow the id of the newest request that the record has applied, "" for none;
            then for each record the task's id, the SHA-1 of the stored document ("" for none), the
            document, ms until it expires by itself, ms since 1970 from which cleanup may delete it
            ("" leaves it as it is), and the channel where it is published; then for each part how many
            keys and arguments it has, and these arguments
Returns
  of a record; of several a list of
  {1, part, …}           committed; the parts that this user may not run are left out
  {0, document, facets}  nothing changed; what is stored instead (false if nothing is; for a value
                         that is no document "\0" and its type)
  {0, document, facets, {number, act, request, …}}  nothing changed, only because the record has
                         not applied the requests of the workflows with these numbers
Publishes
  the documents, each on its channel
]]
local call, may = redis.call, redis.acl_check_cmd  -- looked up once
requests, records = tonumber(requests), tonumber(records)
local entering = keys + leaves                   -- the keys before the sets to enter
local hashes = entering + enters                 -- those before the workflows' hashes
local documents = hashes + requests              -- those before the records
local first = args + requests                    -- the arguments before those of the records

for i = 1, records do  -- before anything is written
  local channel = ARGV[first + 6 * i]
  if not may('PUBLISH', channel, '') then
    return redis.error_reply('NOPERM this user may not publish on ' .. channel)
  end
end

local asked = {}
for i = 1, requests do
  local act = tolerant('HGET', KEYS[hashes + i], 'act')
  if act and act ~= ARGV[args + i] then
    asked[#asked + 1], asked[#asked + 2] = i - 1, act
    asked[#asked + 1] = tolerant('HGET', KEYS[hashes + i], 'control') or ''
  end
end

-- Every index has the same creation time, from Redis's clock, not from a host's. The time stands still
-- in a script: each record counts as created a microsecond after the one before.
local replies, done, score, us = {}, {}, nil, nil
local function now_us()
  if not us then
    local now = call('TIME')
    us = now[1] * 1000000 + now[2]
  end
  return us
end
for i = 1, records do
  local at, task = first + 6 * (i - 1), KEYS[documents + i]
  local id, due, stored = ARGV[at + 1], ARGV[at + 5], document(task, most)
  local stands = tolerant('HGET', facets, id)
  if (stored and redis.sha1hex(stored) or '') ~= ARGV[at + 2] or (stands or '') ~= before then
    replies[i] = {0, stored, stands}
  elseif #asked > 0 then
    replies[i] = {0, stored, stands, asked}
  else
    call('SET', task, ARGV[at + 3], 'PX', ARGV[at + 4])
    if due ~= '' then
      tolerant('ZADD', expiry, due, id)
    end
    if after ~= before then
      tolerant('HSET', facets, id, after)
    end
    for k = keys + 1, entering do
      tolerant('ZREM', KEYS[k], id)
    end
    if hashes > entering then
      local created = fresh ~= '1' and tolerant('ZSCORE', tasks, id) or now_us() + i - 1
      for k = entering + 1, hashes do
        tolerant('ZADD', KEYS[k], created, id)
      end
      score = score or created
    end
    if over ~= '' then
      tolerant('ZADD', ended, over, id)
    end
    replies[i], done[#done + 1] = {1}, i
  end
end

if #done > 0 then
  -- Parts use, besides their own: `done`, `now_us`, `score`, `before`, `fresh`, and these two.
  local id, ttl = ARGV[first + 6 * done[1] - 5], ARGV[first + 6 * done[1] - 2]
  local left_out, key, arg = replies[done[1]], documents + records, first + 6 * records
  local last_key, last
  -- parts
  for i = 1, #done do
    call('PUBLISH', ARGV[first + 6 * done[i]], ARGV[first + 6 * done[i] - 3])
  end
end
return records == 1 and replies[1] or replies

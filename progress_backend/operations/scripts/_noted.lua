-- Stands before the verbs that leave events for webhooks. `told`: number of the last arguments, which are
--   most events, and most bytes of events, that wait for one target; ms for which they are kept after
--   the last; number of workflows in which a member has ended, and their ids; for each event its id and
--   its body
-- and the last keys are
--   may have ended  sorted set: workflow ids by the time (ms) from which each is looked at
--   then for each event, of its target:
--     outbox    hash: event id -> body
--     due       sorted set: event ids by the time (ms) from which each may be sent
--     age       sorted set: event ids by the time (µs) at which each was written
--     attempts  hash: event id -> how often it was taken
--     counts    hash: events that were delivered, given up and dropped; bytes that wait
-- The oldest events of a target that has too many are dropped, and counted.
local function may_note(key)  -- asked before anything is written, of what other verbs do without
  return redis.acl_check_cmd('ZPOPMIN', key) and redis.acl_check_cmd('HSTRLEN', key, 'id')
end

local function noted(keys, args, told)
  local at = args - told
  local most, most_bytes, kept = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local workflows = tonumber(ARGV[at + 4])
  local events = (told - 4 - workflows) / 2
  local key = keys - 5 * events
  local now = redis.call('TIME')
  local now_us = now[1] .. string.format('%06d', now[2])
  local now_ms = string.sub(now_us, 1, -4)
  for i = 1, workflows do
    tolerant('ZADD', KEYS[key], now_ms, ARGV[at + 4 + i])
  end
  if workflows > 0 then
    tolerant('PEXPIRE', KEYS[key], kept)
    for _ = 1, workflows do  -- where nobody looks at them, those that wait longest are forgotten
      if (tolerant('ZCARD', KEYS[key]) or 0) > most then
        tolerant('ZPOPMIN', KEYS[key])
      end
    end
  end
  at = at + 4 + workflows
  for _ = 1, events do
    local outbox, due, age = KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
    local attempts, counts = KEYS[key + 4], KEYS[key + 5]
    local id, body = ARGV[at + 1], ARGV[at + 2]
    local new = tolerant('HSETNX', outbox, id, body)
    if new then
      tolerant('ZADD', due, now_ms, id)
    end
    if new == 1 then
      tolerant('ZADD', age, now_us, id)
      if tolerant('HLEN', outbox) == 1 then  -- what waited before has expired
        tolerant('HDEL', counts, 'bytes')
      end
      local bytes = tonumber(tolerant('HINCRBY', counts, 'bytes', #body)) or 0
      -- In a bounded number of steps, since each commit adds one event: an event may outweigh several.
      for _ = 1, 1000 do
        if (tolerant('HLEN', outbox) or 0) <= most and bytes <= most_bytes then
          break
        end
        local oldest = (tolerant('ZPOPMIN', age) or {})[1]
        if not oldest then
          break
        end
        bytes = bytes - (tolerant('HSTRLEN', outbox, oldest) or 0)
        tolerant('HDEL', outbox, oldest)
        tolerant('ZREM', due, oldest)
        tolerant('HDEL', attempts, oldest)
        tolerant('HINCRBY', counts, 'dropped', 1)
      end
      tolerant('HSET', counts, 'bytes', string.format('%.0f', bytes))
      for i = 1, 4 do
        tolerant('PEXPIRE', KEYS[key + i], kept)
      end
    end
    key, at = key + 5, at + 2
  end
end


-- Keep when a task ended, and count its end in its minute: each slot has the last minute that it was
-- for, times 10^8, and how many ended in it. An end that has counted before has no slot ("").
local function ended(set, ends, id, at, slot)
  tolerant('ZADD', set, at, id)
  if slot == '' then
    return
  end
  local minute = math.floor(at / 60000)
  local counted = tolerant('HINCRBY', ends, slot, 1)
  local known = counted and math.floor(counted / 1e8)
  if known and known < minute then  -- the slot had a minute of another day
    redis.call('HSET', ends, slot, string.format('%.0f', minute * 1e8 + 1))
    redis.call('PEXPIRE', ends, 86400000)
  elseif known and known > minute then  -- it ended a whole round ago, and is told only now
    redis.call('HINCRBY', ends, slot, -1)
  end
end

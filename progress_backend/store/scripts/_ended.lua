-- Keep when a task ended, and count its end in its minute: a ring of a day's minutes, each with the
-- minute, and how many ended in it by `place`; 0 is the place of an end that has counted before.
local function ended(set, ends, id, at, place)
  tolerant('ZADD', set, at, id)
  if place == '0' then
    return
  end
  local minute = math.floor(tonumber(at) / 60000)
  local slot = minute % 1440
  local counts = {0, 0, 0}
  local known, a, b, c = string.match(tolerant('HGET', ends, slot) or '', '^(%d+) (%d+) (%d+) (%d+)$')
  known = tonumber(known or 0)
  if known > minute then  -- it ended a whole round ago, and is told only now
    return
  end
  if known == minute then
    counts = {tonumber(a), tonumber(b), tonumber(c)}
  end
  counts[tonumber(place)] = counts[tonumber(place)] + 1
  local kept = tolerant('HSET', ends, slot, string.format('%d %d %d %d', minute, unpack(counts)))
  if kept and known ~= minute then  -- a key of another type stays as it is
    redis.call('PEXPIRE', ends, 86400000)
  end
end


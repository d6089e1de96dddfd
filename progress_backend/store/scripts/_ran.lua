-- Keep a run before those of its type that were kept: ten at most, the newest first, one a line;
-- for 100 days after the last of them. record/past_runs.py has these numbers for memory.
local function ran(key, run)
  local before, at = tolerant('GETRANGE', key, 0, 4095) or '', 0
  for _ = 2, 10 do
    at = string.find(before, '\n', at + 1, true)
    if not at then
      break
    end
  end
  redis.call('SET', key, run .. '\n' .. string.sub(before, 1, at or -1), 'PX', 8640000000)
end


--[[
Count the tasks that wait before each of some others.

KEYS
  …         of each type: the sorted set of its created tasks by creation time (µs), and that of
            those that may not start yet
ARGV
  …         of each task: the number of its type; its id, "" for one of another partition; and its
            creation time (µs)
Returns
  a list with the number for each task; -1 for a task that is not in its set
Publishes
  nothing
]]
local counts = {}
for i = 1, #ARGV / 3 do
  local kind, id, created = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  local created_ones, later = KEYS[2 * kind - 1], KEYS[2 * kind]
  if id ~= '' then
    created = tolerant('ZSCORE', created_ones, id)
  end
  if created then
    local before = '(' .. created
    local all = tolerant('ZCOUNT', created_ones, '-inf', before) or 0
    counts[i] = math.max(all - (tolerant('ZCOUNT', later, '-inf', before) or 0), 0)
  else
    counts[i] = -1
  end
end
return counts

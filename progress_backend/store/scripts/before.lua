--[[
Count the tasks that wait before each of some others.

KEYS
  1 …         of each task: the sorted set of its type's waiting tasks by creation time (µs)
ARGV
  1 …         of each task: its id, "" for one of another partition, and its creation time (µs)
Returns
  a list with the number for each task; -1 for a task that is not in its set
Publishes
  nothing
]]
local counts = {}
for i = 1, #KEYS do
  local id, created = ARGV[2 * i - 1], ARGV[2 * i]
  if id ~= '' then
    created = tolerant('ZSCORE', KEYS[i], id)
  end
  counts[i] = created and (tolerant('ZCOUNT', KEYS[i], '-inf', '(' .. created) or 0) or -1
end
return counts

--[[
Store events for webhook targets. The oldest events of a target that has too many are dropped, and
counted. It is a script by itself too, for the ends of workflows.

KEYS
  …         for each event, of its target: the stream of the events that wait; and the hash of how many
            were delivered, given up and dropped, and of the bytes that wait
ARGV
  most      events that wait for one target
  bytes     and their bytes
  kept      ms for which they are kept after the last one
  …         for each event its id and its body
NEEDS
  'XADD', KEYS[keys + 1], '*', 'id', ''
  'XDEL', KEYS[keys + 1], '1-1'
  'XLEN', KEYS[keys + 1]
  'XPENDING', KEYS[keys + 1], 'senders', '-', '+', 1
  'XRANGE', KEYS[keys + 1], '-', '+'
  'HINCRBY', KEYS[keys + 1], '', 1
  'HDEL', KEYS[keys + 1], ''
  'PEXPIRE', KEYS[keys + 1], 1
]]
most, bytes = tonumber(most), tonumber(bytes)
for i = 1, (last - args) / 2 do
  local events, counts = KEYS[keys + 2 * i - 1], KEYS[keys + 2 * i]
  local event_id, body = ARGV[args + 2 * i - 1], ARGV[args + 2 * i]
  if tolerant('XADD', events, '*', 'id', event_id, 'body', body) then
    if tolerant('XLEN', events) == 1 then  -- what waited before has expired
      tolerant('HDEL', counts, 'bytes')
    end
    local waits = tonumber(tolerant('HINCRBY', counts, 'bytes', #body)) or 0
    -- In bounded steps: each commit adds one event, but that may have the bytes of several.
    for _ = 1, 1000 do
      if tolerant('XLEN', events) <= most and waits <= bytes then
        break
      end
      local oldest = tolerant('XRANGE', events, '-', '+', 'COUNT', 1)[1]
      if not oldest then
        break
      end
      -- One that was taken may be delivered all the same: its outcome is counted as that is known.
      local taken = redis.pcall('XPENDING', events, 'senders', oldest[1], oldest[1], 1)
      tolerant('XDEL', events, oldest[1])
      waits = tonumber(tolerant('HINCRBY', counts, 'bytes', -#(oldest[2][4] or ''))) or 0
      if #taken == 0 then
        tolerant('HINCRBY', counts, 'dropped', 1)
      end
    end
    tolerant('PEXPIRE', events, kept)
    tolerant('PEXPIRE', counts, kept)
  end
end

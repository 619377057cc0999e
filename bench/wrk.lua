-- wrk.lua: what wrk sends, chosen by environment variables, and one line of figures at the end.
--   CALL    read, page or create        TOKEN   bearer token
--   LEAST, MOST   range of ids          PAGE    path of the page, with %d for a number from 1 to SPREAD
local token, call = os.getenv("TOKEN"), os.getenv("CALL")
local least, most = tonumber(os.getenv("LEAST") or 1), tonumber(os.getenv("MOST") or 1)
local page, spread = os.getenv("PAGE"), tonumber(os.getenv("SPREAD") or 1)
local n, thread = 0, 0
local headers = { Authorization = token and "Bearer " .. token, ["Content-Type"] = "application/json" }

function setup(t) t:set("seed", 1) end
function init() math.randomseed(seed) end

function request()
    n = n + 1
    if call == "read" then return wrk.format("GET", "/api/v1/records/order_line/" .. math.random(least, most), headers) end
    if call == "page" then return wrk.format("GET", (page:gsub("%%d", tostring(math.random(1, spread)))), headers) end
    return wrk.format("POST", "/api/v1/records/contact", headers,
        string.format('{"name":"李思远%d","partner":%d,"title":"采购经理","mobile":"138%08d","active":true}', n, math.random(least, most), n))
end

function done(summary, latency)
    local s = summary.duration / 1e6
    io.write(string.format("per_second=%.0f p50_ms=%.3f p99_ms=%.3f errors=%d\n", summary.requests / s, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end

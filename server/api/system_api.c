/* system_api: health, figures, questions to reports. */
#include "api/api.h"
#include "report/query.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef QUDAO_VERSION
#define QUDAO_VERSION "0"
#endif

bool health_get(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "status");
    jw_strz(&k->w, "ok");
    jw_key(&k->w, "version");
    jw_strz(&k->w, QUDAO_VERSION);
    jw_key(&k->w, "database");
    jw_strz(&k->w, db_dialect(k->c.db)->name);
    jw_end_obj(&k->w);
    return true;
}

static long resident_kib(void)
{
    long  pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

bool metrics_get(struct call *k)
{
    struct http_stats s = { 0 };
    if (k->app->server)
        http_stats(k->app->server, &s);
    const struct { const char *name, *type, *help; int64_t value; } rows[] = {
        { "qudao_requests_total", "counter", "Requests answered", s.requests },
        { "qudao_connections", "gauge", "Open connections", s.connections },
        { "qudao_event_streams", "gauge", "Open event streams", s.streams },
        { "qudao_refused_total", "counter", "Requests refused by the front", s.refused },
        { "qudao_received_bytes_total", "counter", "Bytes received", s.bytes_in },
        { "qudao_sent_bytes_total", "counter", "Bytes sent", s.bytes_out },
        { "qudao_commits_total", "counter", "Commits of this process", db_last_commit(k->app->store) },
        { "qudao_resident_bytes", "gauge", "Resident memory", (int64_t)resident_kib() * 1024 },
        { "qudao_uptime_seconds", "gauge", "Seconds since start", (k->c.now - k->app->started) / US_PER_S },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_printf(&k->out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", rows[i].name, rows[i].help, rows[i].name, rows[i].type, rows[i].name,
                   (long long)rows[i].value);
    k->rp->type = S("text/plain; version=0.0.4; charset=utf-8");
    return true;
}

bool query_post(struct call *k) { return call_body(k) && query_run(&k->c, k->body, &k->w); }

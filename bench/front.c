/* front: the least a handler can do, to measure the HTTP front alone.
 *     front PORT [WORK_US]
 * /       13 bytes of text, after WORK_US of computing
 * /slow   the same after 5 ms of sleep; with POST as a writer that waits for the disk
 * Compare with "limit http", the least a server can do.  Ends with SIGTERM. */
#include "http/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int work_us;

static void compute(void)
{
    struct timespec from, t;
    clock_gettime(CLOCK_MONOTONIC, &from);
    do
        clock_gettime(CLOCK_MONOTONIC, &t);
    while ((t.tv_sec - from.tv_sec) * 1000000 + (t.tv_nsec - from.tv_nsec) / 1000 < work_us);
}

static void answer(void *app, struct request *r, struct reply *reply)
{
    (void)app;
    if (work_us)
        compute();
    if (str_eqz(r->path, "/slow"))
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    *reply = (struct reply){ .status = 200, .type = S("text/plain"), .body = S("Hello, world\n"), .body_static = true };
}

int main(int argc, char **argv)
{
    char listen[32];
    struct arena *mem = arena_new(0);
    struct err e;
    struct http_server *s;
    sigset_t end;
    int sig;
    if (argc < 2)
        return 2;
    snprintf(listen, sizeof listen, "127.0.0.1:%s", argv[1]);
    work_us = argc > 2 ? atoi(argv[2]) : 0;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    sigprocmask(SIG_BLOCK, &end, NULL);
    err_init(&e, mem, LANG_EN);
    if (!http_start(listen, NULL, answer, NULL, NULL, &s, &e)) {
        fprintf(stderr, STR_FMT "\n", STR_ARG(e.message));
        return 1;
    }
    sigwait(&end, &sig);
    http_stop(s, 1000);
    arena_free(mem);
    return 0;
}

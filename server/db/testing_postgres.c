/* testing_postgres: a PostgreSQL server for tests, shared by all test processes of this user and stopped by itself.
 *
 * The first process that needs it starts a keeper: a process of its own session that makes a database in a temporary
 * folder, runs the server on a unix socket there and stops both when nobody has used them for a while.  Who uses it holds
 * a shared lock on the file `users`; the kernel drops it however a test ends.  The server dies with the keeper, and the keeper
 * holds a lock on `keeper`, so a folder without a living keeper is recognised and made anew.  Nothing of it is durable:
 * fsync is off. */
#include "db/testing.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE_SECONDS = 6, START_SECONDS = 60 };

static char dir[80];            /* short: socket names are limited to 107 bytes */

static const char *in_dir(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int lock_file(const char *name, int how)
{
    int fd = open(in_dir(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    int rc;
    while ((rc = flock(fd, how)) != 0 && errno == EINTR)
        continue;
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

static bool find_program(const char *name, char *out, size_t size)
{
    glob_t g;
    char   pattern[80];
    snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    bool found = glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc > 0;
    if (found)
        snprintf(out, size, "%s", g.gl_pathv[g.gl_pathc - 1]);
    globfree(&g);
    return found;
}

/* The server refuses to run as root. */
static const struct passwd *server_user(void)
{
    if (geteuid() != 0)
        return NULL;
    struct passwd *p = getpwnam("postgres");
    return p ? p : getpwnam("nobody");
}

static pid_t start(const char *log, char *const argv[])
{
    pid_t parent = getpid(), pid = fork();
    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    const struct passwd *user = server_user();
    int                  out = open(in_dir(log), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, 1);
    dup2(out, 2);
    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);       /* after the change of user, which clears it */
    if (getppid() != parent)
        _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

static bool run_to_end(const char *log, char *const argv[])
{
    int   status;
    pid_t pid = start(log, argv);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void remove_data(void)
{
    char data[120];
    snprintf(data, sizeof data, "%s/data", dir);
    run_to_end("log", (char *[]){ "/bin/rm", "-rf", data, NULL });
}

static bool make_data(void)
{
    char initdb[100], data[120];
    snprintf(data, sizeof data, "%s/data", dir);
    unlink(in_dir("log"));
    const struct passwd *user = server_user();
    if (user && chown(dir, user->pw_uid, user->pw_gid) != 0)
        return false;
    remove_data();
    if (!find_program("initdb", initdb, sizeof initdb) ||
        !run_to_end("log", (char *[]){ initdb, "-D", data, "-A", "trust", "-U", "qudao",
                                       "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", NULL }))
        return false;
    FILE *f = fopen(in_dir("data/postgresql.conf"), "a");
    CHECK(f != NULL);
    fprintf(f, "listen_addresses=''\nunix_socket_directories='%s'\nunix_socket_permissions=0700\nfsync=off\nfull_page_writes=off\n"
               "max_connections=300\nshared_buffers=64MB\nmax_pred_locks_per_transaction=256\nautovacuum=off\nlog_min_messages=warning\n"
               "deadlock_timeout=50ms\nlog_statement=none\nlog_min_error_statement=panic\nlogging_collector=off\n", dir);
    return fclose(f) == 0;
}

static bool has_socket(void) { return access(in_dir(".s.PGSQL.5432"), F_OK) == 0; }

/* The socket appears shortly before connections are taken; the file says when. */
static bool is_ready(void)
{
    char  line[200] = "";
    FILE *f = has_socket() ? fopen(in_dir("data/postmaster.pid"), "r") : NULL;
    bool  ready = false;
    while (f && fgets(line, sizeof line, f))
        ready = strncmp(line, "ready", 5) == 0;
    if (f)
        fclose(f);
    return ready;
}

/* Until nobody uses the server.  New users take `start` first, so none can come between the two locks. */
static void wait_for_idle(pid_t server, int keeper_lock)
{
    for (int idle = 0; idle < IDLE_SECONDS * 4 && waitpid(server, NULL, WNOHANG) == 0; usleep(250000)) {
        int starting = lock_file("start", LOCK_EX | LOCK_NB);
        int users = starting >= 0 ? lock_file("users", LOCK_EX | LOCK_NB) : -1;
        idle = users >= 0 ? idle + 1 : 0;
        if (idle == IDLE_SECONDS * 4) {
            kill(server, SIGQUIT);
            waitpid(server, NULL, 0);
            remove_data();
            close(keeper_lock);         /* before `start`: the next one must see that we are gone */
        }
        if (users >= 0)
            close(users);
        if (starting >= 0)
            close(starting);
    }
}

_Noreturn static void keeper(int tell)
{
    char postgres[100], data[120];
    setsid();
    for (int sig = 1; sig < 32; sig++)
        signal(sig, SIG_DFL);
    for (int fd = 0; fd < 1024; fd++)
        if (fd != tell)
            close(fd);
    CHECK(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
    if (chdir(dir) != 0)
        _exit(1);
    int alive = lock_file("keeper", LOCK_EX | LOCK_NB);
    if (alive < 0 || !make_data() || !find_program("postgres", postgres, sizeof postgres))
        _exit(1);
    snprintf(data, sizeof data, "%s/data", dir);
    pid_t server = start("log", (char *[]){ postgres, "-D", data, NULL });
    for (int i = 0; i < START_SECONDS * 50 && !is_ready() && waitpid(server, NULL, WNOHANG) == 0; i++)
        usleep(20000);
    if (!is_ready())
        _exit(1);
    CHECK(write(tell, "y", 1) == 1);
    close(tell);
    wait_for_idle(server, alive);
    _exit(0);
}

static bool start_keeper(void)
{
    int  ends[2], status;
    char answer = 'n';
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (fork() == 0)
            keeper(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    waitpid(pid, &status, 0);
    bool ok = read(ends[0], &answer, 1) == 1 && answer == 'y';
    close(ends[0]);
    return ok;
}

const char *test_postgres_url(void)
{
    static char url[200];
    static bool tried;
    char        program[100];
    if (tried)
        return url[0] ? url : NULL;
    tried = true;
    if (!find_program("postgres", program, sizeof program)) {
        fprintf(stderr, "PostgreSQL is not installed: its half of the tests is skipped\n");
        return NULL;
    }
    snprintf(dir, sizeof dir, "/tmp/qudao-test-postgres-%d", (int)geteuid());
    CHECK(mkdir(dir, 0700) == 0 || errno == EEXIST);
    int starting = lock_file("start", LOCK_EX);
    CHECK(lock_file("users", LOCK_SH) >= 0);            /* kept until this process ends */
    int  dead = lock_file("keeper", LOCK_EX | LOCK_NB);
    bool ok = dead < 0;
    if (dead >= 0) {
        close(dead);
        ok = start_keeper();
    }
    close(starting);
    if (!ok) {
        fprintf(stderr, "cannot start PostgreSQL for tests, see %s\n", in_dir("log"));
        abort();
    }
    snprintf(url, sizeof url, "postgresql://qudao@/postgres?host=%s", dir);
    return url;
}

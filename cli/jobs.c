/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim.h"
#include "cli/cli.h"

struct job {
    pid_t pid;                         /* 0: free */
    uint64_t n;
    FILE *said, *output;
};

struct pool {
    const struct jobs_ops *ops;
    void *arg;
    struct diag *diag;
    char program[1024];
    uint64_t next, total;
    struct job *job;                   /* [jobs] */
    unsigned jobs, running;
    sigset_t waiting;                  /* the signal mask while nothing is to be done */
    bool told_to_stop;
    int error;
};

char **jobs_argv(const char *const *word, size_t n)
{
    char **argv = calloc(n + 1, sizeof *argv);

    for (size_t i = 0; argv && i < n; i++)
        if (!(argv[i] = strdup(word[i]))) {
            jobs_argv_free(argv);
            return NULL;
        }
    return argv;
}

void jobs_argv_free(char **argv)
{
    for (size_t i = 0; argv && argv[i]; i++)
        free(argv[i]);
    free(argv);
}

/* In the child; the parent's end is the child's. */
static void become(const struct pool *p, const struct job *j, char **argv, pid_t parent)
{
    int nowhere = open("/dev/null", O_RDWR);

    dup2(nowhere, 0);
    dup2(j->output ? fileno(j->output) : nowhere, 1);
    dup2(fileno(j->said), 2);
    prctl(PR_SET_PDEATHSIG, SIGKILL);          /* it must not meet a parent's successor */
    if (getppid() != parent)
        _exit(CLI_INTERRUPTED);
    sigprocmask(SIG_SETMASK, &p->waiting, NULL);
    execv(p->program, argv);
    fprintf(stderr, "cannot run %s: %s\n", p->program, strerror(errno));
    fflush(stderr);
    _exit(CLI_WRONG);
}

static void close_files(struct job *j)
{
    if (j->said)
        fclose(j->said);
    if (j->output)
        fclose(j->output);
    *j = (struct job){ 0 };
}

static void start(struct pool *p, struct job *j, uint64_t n)
{
    char **argv = p->ops->argv(p->arg, p->program, n);
    pid_t parent = getpid();

    *j = (struct job){ .n = n, .said = tmpfile(), .output = p->ops->output ? tmpfile() : NULL };
    j->pid = argv && j->said && (j->output || !p->ops->output) ? fork() : -1;
    if (j->pid == 0)
        become(p, j, argv, parent);
    jobs_argv_free(argv);
    if (j->pid < 0) {
        p->error = diag_env(p->diag, NULL, "cannot start a process: %s", strerror(errno));
        close_files(j);
        return;
    }
    p->running++;
}

static void start_more(struct pool *p)
{
    for (unsigned i = 0; i < p->jobs && !p->error && !cli_interrupted; i++) {
        if (p->job[i].pid)
            continue;
        while (p->next < p->total && p->ops->wanted && !p->ops->wanted(p->arg, p->next))
            p->next++;
        if (p->next == p->total)
            return;
        start(p, &p->job[i], p->next++);
    }
}

static void end(struct pool *p, struct job *j, int status)
{
    rewind(j->said);
    if (j->output)
        rewind(j->output);
    p->ops->ended(p->arg, j->n, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), j->said, j->output);
    close_files(j);
    p->running--;
}

static bool reap(struct pool *p)
{
    bool any = false;

    for (unsigned i = 0; i < p->jobs; i++) {
        int status;

        if (!p->job[i].pid || waitpid(p->job[i].pid, &status, WNOHANG) != p->job[i].pid)
            continue;
        end(p, &p->job[i], status);
        any = true;
    }
    return any;
}

static void stop_jobs(struct pool *p)
{
    for (unsigned i = 0; i < p->jobs && !p->told_to_stop; i++)
        if (p->job[i].pid)
            kill(p->job[i].pid, SIGTERM);
    p->told_to_stop = true;
}

static void nothing(int sig)
{
    (void)sig;
}

/* Signals are let in only while the loop sleeps, so that none is missed between a look and the sleep. */
static void loop(struct pool *p)
{
    struct sigaction chld = { .sa_handler = nothing }, old_chld;
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaction(SIGCHLD, &chld, &old_chld);
    sigprocmask(SIG_BLOCK, &held, &p->waiting);
    for (;;) {
        int error;

        start_more(p);
        if (!p->running)
            break;
        if (!reap(p))
            ppoll(NULL, 0, NULL, &p->waiting);
        error = p->ops->look ? p->ops->look(p->arg) : 0;
        if (!p->error)
            p->error = error;
        if (p->error || cli_interrupted)
            stop_jobs(p);
    }
    sigprocmask(SIG_SETMASK, &p->waiting, NULL);
    sigaction(SIGCHLD, &old_chld, NULL);
}

int jobs_run(const struct jobs_ops *ops, void *arg, uint64_t total, unsigned jobs, struct diag *d)
{
    struct pool p = { .ops = ops, .arg = arg, .diag = d, .total = total, .jobs = total < jobs ? (unsigned)total : jobs };
    ssize_t n = readlink("/proc/self/exe", p.program, sizeof p.program - 1);

    if (n < 0)
        return diag_env(d, "/proc/self/exe", "cannot find this program: %s", strerror(errno));
    p.program[n] = 0;
    p.job = calloc(p.jobs + 1, sizeof *p.job);
    if (!p.job)
        return diag_env(d, NULL, "no memory");
    loop(&p);
    free(p.job);
    return p.error;
}

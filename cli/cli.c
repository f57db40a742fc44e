/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sim.h"

volatile int cli_interrupted;

int cli_exit(int sim_error, const struct diag *d)
{
    for (unsigned i = 0; d && i < d->kept; i++) {
        struct diag one = { .n = 1, .kept = 1, .msg = &d->msg[i] };

        fputs("iommusim: ", stderr);
        diag_print(&one, stderr);
    }
    if (d && d->n > d->kept)
        fprintf(stderr, "iommusim: and %u more\n", d->n - d->kept);
    switch (sim_error) {
    case SIM_OK:
        return cli_interrupted ? CLI_INTERRUPTED : CLI_DONE;
    case SIM_ECHECK:
        return CLI_CHECK;
    case SIM_EINTERNAL:
        return CLI_INTERNAL;
    default:
        return CLI_WRONG;
    }
}

int cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out,
               struct diag *d)
{
    char *end;
    uint64_t v;

    errno = 0;
    v = strtoull(text, &end, 0);
    if (errno || *end || text[0] < '0' || text[0] > '9')
        return diag_add(d, NULL, 0, 0, "%s %s: expected a whole number", option, text);
    if (v < min || v > max)
        return diag_add(d, NULL, 0, 0, "%s %s: expected %llu to %llu", option, text,
                        (unsigned long long)min, (unsigned long long)max);
    *out = v;
    return 0;
}

/* ---- internal checks ----------------------------------------------------------------------------------- */

static sigjmp_buf guard;

static void aborted(int sig)
{
    (void)sig;
    siglongjmp(guard, 1);
}

int cli_guarded(int (*fn)(void *arg), void *arg)
{
    struct sigaction a = { .sa_handler = aborted, .sa_flags = (int)SA_RESETHAND }, old;
    volatile int err = SIM_EINTERNAL;

    sigaction(SIGABRT, &a, &old);
    if (sigsetjmp(guard, 1) == 0)
        err = fn(arg);
    sigaction(SIGABRT, &old, NULL);
    return err;
}

/* ---- share directory --------------------------------------------------------------------------------- */

static bool has_profiles(const char *dir)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/model/profiles", dir);
    return access(path, R_OK) == 0;
}

/* Beside the program: PREFIX/bin/iommusim has PREFIX/share/iommusim. */
static bool beside_program(char *dir, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", dir, size - 1);

    for (int up = 0; up < 2; up++) {
        char *slash;

        if (n <= 0)
            return false;
        dir[n] = 0;
        slash = strrchr(dir, '/');
        n = slash ? slash - dir : 0;
    }
    if (n <= 0 || (size_t)n + sizeof "/share/iommusim" > size)
        return false;
    snprintf(dir + n, size - (size_t)n, "/share/iommusim");
    return has_profiles(dir);
}

const char *cli_share(void)
{
    static char dir[4096];
    const char *own = getenv("IOMMUSIM_SHARE");

    if (own && *own)
        return own;
    if (dir[0] || beside_program(dir, sizeof dir))
        return dir;
    snprintf(dir, sizeof dir, "%s",
             has_profiles(IOMMUSIM_SHARE_SOURCE) ? IOMMUSIM_SHARE_SOURCE : IOMMUSIM_SHARE_INSTALL);
    return dir;
}

const char *cli_share_path(const char *below)
{
    static char path[4400];

    snprintf(path, sizeof path, "%s/%s", cli_share(), below);
    return path;
}

/* ---- progress ------------------------------------------------------------------------------------------ */

double cli_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void scaled(char *buf, size_t size, double v)
{
    const char *unit = v >= 1e9 ? " G" : v >= 1e6 ? " M" : v >= 1e3 ? " k" : "";

    snprintf(buf, size, "%.*f%s", *unit ? 1 : 0, v / (v >= 1e9 ? 1e9 : v >= 1e6 ? 1e6 : v >= 1e3 ? 1e3 : 1),
             unit);
}

static unsigned long long milliseconds(const struct cli_progress *p)
{
    return (unsigned long long)((cli_seconds() - p->started) * 1e3);
}

void cli_progress_start(struct cli_progress *p, const char *what, unsigned long long total)
{
    *p = (struct cli_progress){ .what = what, .total = total, .started = cli_seconds() };
}

void cli_progress_step(struct cli_progress *p, unsigned long long done)
{
    unsigned long long now = milliseconds(p);
    double s = (double)now / 1e3, rate = s > 0 ? (double)done / s : 0;
    char count[32], speed[32];

    p->done = done;
    if (now < p->shown_at + 250 || !isatty(STDERR_FILENO))
        return;
    p->shown_at = now;
    scaled(count, sizeof count, (double)done);
    scaled(speed, sizeof speed, rate);
    fprintf(stderr, "\r%s: %s, %s/s", p->what, count, speed);
    if (p->total > done && rate > 0)
        fprintf(stderr, ", %.0f %%, %.0f s left", 100.0 * (double)done / (double)p->total,
                (double)(p->total - done) / rate);
    fputs("\033[K", stderr);
}

void cli_progress_end(struct cli_progress *p)
{
    if (p->shown_at && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

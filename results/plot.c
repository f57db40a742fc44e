/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE                      /* memmem */
#include "results/plot.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim.h"
#include "results/plot_data.h"

#define PLOT_INFO(fn, name, shows, how) { name, shows, how },
#define PLOT_DATA(fn, name, shows, how) plot_data_##fn,

const struct plot_info plot_info[PLOT_COUNT] = { PLOTS(PLOT_INFO) };
static int (*const plot_data[PLOT_COUNT])(struct reader *, int64_t, FILE *) = { PLOTS(PLOT_DATA) };

int plot_find(const char *name, struct diag *d)
{
    const char *names[PLOT_COUNT], *nearest;

    for (int i = 0; i < PLOT_COUNT; i++) {
        names[i] = plot_info[i].name;
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    nearest = diag_nearest(name, names, PLOT_COUNT);
    return diag_add(d, NULL, 0, 0, "unknown plot `%s`%s%s%s (iommusim report --help lists them)",
                    name, nearest ? ", did you mean `" : "", nearest ? nearest : "",
                    nearest ? "`?" : "");
}

void plot_set_text(FILE *to, const char *name, const char *text)
{
    fprintf(to, "%s = '", name);
    for (; *text; text++)
        if (*text == '\'')
            fputs("''", to);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, to);
    fputs("'\n", to);
}

/* ---- the script ------------------------------------------------------------------------------ */

/* What the picture is of: label or number of the run, profile, trace. */
static const char subtitle_of_run[] =
    "SELECT printf('%s · %s · %s · %,d requests', ifnull(nullif(label, ''), 'run ' || id),"
    " ifnull(profile, '?'), replace(ifnull(trace, '?'), rtrim(trace, replace(trace, '/', '')), ''),"
    " ifnull(requests, 0)) FROM run WHERE id = ?1";
static const char subtitle_of_sweep[] =
    "SELECT printf('%d runs · %s · %s', count(*), group_concat(DISTINCT profile),"
    " group_concat(DISTINCT replace(ifnull(trace, '?'), rtrim(trace, replace(trace, '/', '')), "
    "'')))"
    " FROM run WHERE status IN ('done', 'mismatch') AND ?1 IS NOT NULL"
    " AND (id IN (SELECT run_id FROM point) OR NOT EXISTS (SELECT 1 FROM point))";

static int put_subtitle(struct reader *r, enum plot_id plot, int64_t run, FILE *to)
{
    struct table t;
    bool sweep = plot == PLOT_hit_rate || plot == PLOT_heat_map;
    int error = reader_query(r, &t, run, sweep ? subtitle_of_sweep : subtitle_of_run);

    if (!error)
        plot_set_text(to, "subtitle", t.rows ? table_text(&t, 0, 0) : "");
    table_destroy(&t);
    return error;
}

static int no_rows(struct reader *r, enum plot_id plot, struct diag *d)
{
    char why[300];

    snprintf(why, sizeof why, "%s", plot_info[plot].how);
    if (plot == PLOT_heat_map)
        plot_heat_map_why(r, why, sizeof why);
    return diag_add(d, reader_path(r), 0, 0, "no rows for plot `%s`: %s", plot_info[plot].name,
                    why);
}

static int put_script(struct reader *r, enum plot_id plot, int64_t run, const char *scripts,
                      const char *out, const char *format, FILE *to, struct diag *d)
{
    char path[1024];
    int points;

    plot_set_text(to, "format", format);
    plot_set_text(to, "out", out);
    plot_set_text(to, "scripts", scripts);
    if (put_subtitle(r, plot, run, to))
        return SIM_EENV;
    points = plot_data[plot](r, run, to);
    if (points == 0)
        return no_rows(r, plot, d);
    snprintf(path, sizeof path, "%s/%s.gp", scripts, plot_info[plot].name);
    plot_set_text(to, "script", path);
    fputs("load script\nunset output\n", to);
    return points < 0   ? points
           : fflush(to) ? diag_env(d, NULL, "temporary file: %s", strerror(errno))
                        : 0;
}

bool plot_has_data(struct reader *r, enum plot_id plot, int64_t run)
{
    FILE *nowhere = fopen("/dev/null", "w");
    bool has =
        nowhere && plot_data[plot](r, run == PLOT_LAST_RUN ? reader_last_run(r) : run, nowhere) > 0;

    if (nowhere)
        fclose(nowhere);
    return has;
}

/* ---- gnuplot --------------------------------------------------------------------------------- */

static int spawn(FILE *script, FILE *says, pid_t *pid)
{
    char *const argv[] = { "gnuplot", "-d", NULL };
    posix_spawn_file_actions_t files;
    extern char **environ;
    int error;

    lseek(fileno(script), 0, SEEK_SET);        /* flushed by put_script */
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(script), 0);
    posix_spawn_file_actions_adddup2(&files, fileno(says), 1);
    posix_spawn_file_actions_adddup2(&files, fileno(says), 2);
    error = posix_spawnp(pid, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* gnuplot repeats the line, points at the place and says last what is wrong. */
static void last_words(FILE *says, char *buf, int size)
{
    char line[400];

    rewind(says);
    buf[0] = 0;
    while (fgets(line, sizeof line, says)) {
        line[strcspn(line, "\n")] = 0;
        if (line[strspn(line, " \t^")])
            snprintf(buf, (size_t)size, "%s", line + strspn(line, " "));
    }
}

static int run_gnuplot(FILE *script, FILE *says, struct diag *d)
{
    char words[300];
    pid_t pid;
    int status, error = spawn(script, says, &pid);

    if (error == ENOENT)
        return diag_env(d, NULL, "gnuplot is not installed; on Debian: apt install gnuplot-nox");
    if (error)
        return diag_env(d, NULL, "cannot start gnuplot: %s", strerror(error));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    last_words(says, words, sizeof words);
    return diag_env(d, NULL, "gnuplot failed: %s", words[0] ? words : "no message");
}

static const char *format_of(const char *out)
{
    const char *dot = strrchr(out, '.');

    if (dot && strcmp(dot, ".svg") == 0)
        return "svg";
    return dot && strcmp(dot, ".png") == 0 ? "png" : NULL;
}

/* gnuplot does not look whether its writes succeed: a picture is whole if it ends as its format
 * does. */
static bool is_whole(const char *part, const char *format)
{
    const char *ends = strcmp(format, "svg") == 0 ? "</svg>" : "IEND";
    char tail[17] = "";
    FILE *f = fopen(part, "r");
    bool whole;

    if (!f)
        return false;
    whole = fseek(f, -16, SEEK_END) == 0 && fread(tail, 1, 16, f) == 16 &&
            memmem(tail, 16, ends, strlen(ends));
    fclose(f);
    return whole;
}

static int finish(const char *part, const char *out, struct diag *d)
{
    if (!is_whole(part, format_of(out)))
        return diag_env(d, out, "cannot write the whole picture: disk full, or no permission?");
    return rename(part, out) ? diag_env(d, out, "cannot write: %s", strerror(errno)) : 0;
}

static int draw(struct reader *r, enum plot_id plot, int64_t run, const char *scripts,
                const char *out, FILE *script, FILE *says, struct diag *d)
{
    char part[1024];
    int error;

    snprintf(part, sizeof part, "%s.part", out);
    error = put_script(r, plot, run, scripts, part, format_of(out), script, d);
    if (!error)
        error = run_gnuplot(script, says, d);
    if (!error)
        error = finish(part, out, d);
    if (error)
        unlink(part);
    return error;
}

int plot_draw(struct reader *r, enum plot_id plot, int64_t run, const char *scripts,
              const char *out, struct diag *d)
{
    FILE *script, *says;
    int error;

    if (!format_of(out))
        return diag_add(d, out, 0, 0, "unknown kind of picture, expected a name in .svg or .png");
    if (run == PLOT_LAST_RUN)
        run = reader_last_run(r);
    script = tmpfile();
    says = tmpfile();
    if (script && says)
        error = draw(r, plot, run, scripts, out, script, says, d);
    else
        error = diag_env(d, NULL, "temporary file: %s", strerror(errno));
    if (script)
        fclose(script);
    if (says)
        fclose(says);
    return error;
}

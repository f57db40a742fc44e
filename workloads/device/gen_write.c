/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/device/gen.h"

#include "base/sim.h"

static int write_all(struct gen *g, struct trace_writer *w)
{
    const struct trace_stream *s = gen_streams(g);
    const struct rec *rec;
    const struct rec_ext *ext;
    size_t n;
    int err;

    for (uint32_t i = 0; i < gen_info(g)->streams; i++)
        trace_writer_stream(w, s[i].sid, NULL);
    while (!(err = gen_next(g, &rec, &ext, &n)) && n > 0)
        for (size_t i = 0; i < n; i++) {
            err = trace_write(w, &rec[i], rec[i].words ? ext++ : NULL);
            if (err)
                return err;
        }
    return err;
}

int gen_write(struct gen *g, const char *path, int level, struct diag *d)
{
    struct trace_writer *w = trace_writer_open(path, &gen_info(g)->head, level, d);
    int err;

    if (!w)
        return SIM_EENV;
    err = write_all(g, w);
    if (err) {
        trace_writer_abandon(w);
        return err;
    }
    return trace_writer_close(w);
}

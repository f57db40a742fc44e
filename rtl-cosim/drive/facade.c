/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/facade.h"

#include "base/sim.h"

static struct facade *of(const struct system *s) { return CONTAINER_OF(s, struct facade, sys); }

static int command(struct system *s, const uint64_t *words, unsigned n)
{
    (void)n;
    cpu_command(of(s)->cpu, words);
    return 0;
}

static int reg_write(struct system *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    cpu_register(of(s)->cpu, offset, value, bytes);
    return 0;
}

static const void *regs(const struct system *s) { return scoreboard_view(of(s)->board); }

static const struct system_ops ops = { .command = command, .reg_write = reg_write, .regs = regs };

static void wrote(void *arg, uint64_t pa, const uint64_t *words, unsigned n)
{
    struct facade *f = arg;

    for (unsigned i = 0; i < n; i++)
        cpu_write(f->cpu, pa + 8ull * i, words[i]);
}

int facade_init(struct facade *f, struct cpu *cpu, struct scoreboard *board, const struct host_params *par)
{
    int err;

    *f = (struct facade){ .cpu = cpu, .board = board };
    f->watch = (struct system_watch){ .wrote = wrote, .arg = f };
    f->sys = (struct system){ .ops = &ops, .arch = SYSTEM_SMMUV3, .watch = &f->watch, .mem = mem_new() };
    if (!f->sys.mem)
        return SIM_EENV;
    err = host_init(&f->host, &f->sys, par);
    return err ? err : host_start(&f->host);
}

void facade_destroy(struct facade *f)
{
    if (!f->sys.mem)
        return;
    host_destroy(&f->host);
    mem_free(f->sys.mem);
    f->sys.mem = NULL;
}

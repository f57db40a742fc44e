/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/drive/bus.h"

#include <string.h>

#include "rtl-cosim/drive/driver.h"

void stall_init(struct stall *s, uint64_t seed, const char *name, uint64_t percent, uint64_t cycles)
{
    *s = (struct stall){ .percent = percent, .cycles = cycles };
    rng_init(&s->rng, seed, name);
}

/* Stalls of several cycles begin as much more rarely. */
bool stall_now(struct stall *s)
{
    if (s->left > 0) {
        s->left--;
        return true;
    }
    if (!s->percent || rng_below(&s->rng, s->percent + (100 - s->percent) * s->cycles) >= s->percent)
        return false;
    s->left = s->cycles - 1;
    return true;
}

void bus_init(struct bus *b, struct mem *mem, const struct driver_params *p, uint64_t seed)
{
    *b = (struct bus){ .mem = mem, .seed = seed, .min = p->latency_min, .max = p->latency_max, .at_address = p->sample,
                       .giving = -1 };
    stall_init(&b->ar, seed, "ar", p->ar_stall, p->stall_cycles);
    stall_init(&b->aw, seed, "aw", p->aw_stall, p->stall_cycles);
    stall_init(&b->r, seed, "r", p->r_stall, p->stall_cycles);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15ull;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ull;
    return x ^ x >> 32;
}

uint64_t bus_latency(struct bus *b, uint64_t addr)
{
    uint16_t *seen = &b->occurrence[mix(addr >> 3) % BUS_OCCURRENCES];
    uint64_t hash = mix(addr ^ mix(b->seed + ++*seen));

    return b->min + (b->max > b->min ? hash % (b->max - b->min + 1) : 0);
}

/* ---- reads --------------------------------------------------------------------------------------- */

static void sample(struct bus *b, struct bus_read *r, unsigned beat)
{
    r->error[beat] = !mem_read(b->mem, r->addr + 8ull * beat, 1, &r->data[beat]);
}

static bool is_first_of_id(const struct bus *b, unsigned i)
{
    for (unsigned j = 0; j < b->reads; j++)
        if (b->read[j].id == b->read[i].id && b->read[j].number < b->read[i].number)
            return false;
    return true;
}

static int next_to_give(const struct bus *b, uint64_t cycle)
{
    int best = -1;

    for (unsigned i = 0; i < b->reads; i++) {
        const struct bus_read *r = &b->read[i];

        if (r->due <= cycle && is_first_of_id(b, i) &&
            (best < 0 || r->due < b->read[best].due || (r->due == b->read[best].due && r->number < b->read[best].number)))
            best = (int)i;
    }
    return best;
}

static void offer(struct bus *b, struct cosim_in *in)
{
    struct bus_read *r = &b->read[b->giving];

    if (!b->offered && !b->at_address)
        sample(b, r, r->at);
    b->offered = true;
    in->r = (struct cosim_r){ .valid = true, .id = r->id, .last = r->at + 1 == r->beats, .data = r->data[r->at],
                              .error = r->error[r->at] };
}

static void word_taken(struct bus *b)
{
    struct bus_read *r = &b->read[b->giving];

    b->offered = false;
    if (++r->at < r->beats)
        return;
    *r = b->read[--b->reads];
    b->giving = -1;
}

static void read_asked(struct bus *b, uint64_t cycle, const struct cosim_ar *ar)
{
    struct bus_read *r = &b->read[b->reads++];

    *r = (struct bus_read){ .addr = ar->addr & ~7ull, .id = ar->id, .number = b->numbers++,
                            .beats = ar->beats < 1 ? 1 : ar->beats > BUS_BEATS ? BUS_BEATS : ar->beats };
    r->due = cycle + bus_latency(b, r->addr);
    for (unsigned i = 0; b->at_address && i < r->beats; i++)
        sample(b, r, i);
    b->asked(b->arg, ar);
}

/* ---- writes -------------------------------------------------------------------------------------- */

static void put(struct bus *b, const struct cosim_aw *aw)
{
    uint64_t word, mask = 0;

    for (unsigned i = 0; i < 8; i++)
        mask |= aw->strb >> i & 1 ? 0xffull << 8 * i : 0;
    if (mem_read(b->mem, aw->addr, 1, &word))
        mem_write64(b->mem, aw->addr, (word & ~mask) | (aw->data & mask));
    b->wrote(b->arg, aw);
}

/* The first that is due, in the order in which they came for each id. */
static void answer_write(struct bus *b, uint64_t cycle, struct cosim_in *in)
{
    uint64_t ignored;

    for (unsigned i = 0; i < b->writes; i++) {
        bool first = b->write[i].due <= cycle;

        for (unsigned j = 0; j < i; j++)
            first &= b->write[j].aw.id != b->write[i].aw.id;
        if (!first)
            continue;
        put(b, &b->write[i].aw);
        in->b = (struct cosim_b){ .valid = true, .id = b->write[i].aw.id,
                                  .error = !mem_read(b->mem, b->write[i].aw.addr, 1, &ignored) };
        memmove(&b->write[i], &b->write[i + 1], (--b->writes - i) * sizeof b->write[0]);
        return;
    }
}

/* ---- a cycle ------------------------------------------------------------------------------------- */

void bus_drive(struct bus *b, uint64_t cycle, struct cosim_in *in)
{
    bool r_stalls = stall_now(&b->r) && !b->offered;

    in->ar_ready = !stall_now(&b->ar) && b->reads < BUS_READS;
    in->aw_ready = !stall_now(&b->aw) && b->writes < BUS_WRITES;
    if (b->giving < 0 && b->reads)
        b->giving = next_to_give(b, cycle);
    if (b->giving >= 0 && !r_stalls)
        offer(b, in);
    if (b->writes)
        answer_write(b, cycle, in);
}

void bus_take(struct bus *b, uint64_t cycle, const struct cosim_in *in, const struct cosim_out *out)
{
    if (in->r.valid && out->r_ready)
        word_taken(b);
    if (out->ar.valid && in->ar_ready)
        read_asked(b, cycle, &out->ar);
    if (out->aw.valid && in->aw_ready) {
        b->write[b->writes].aw = out->aw;
        b->write[b->writes++].due = cycle + bus_latency(b, out->aw.addr);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * pmmu.cpp - the adapter of pmmu: the unit (pmmu), its walker (pmmu_ptw) and its TLB (pmmu_tlb) as designs under
 *            test.  docs/cosim-bring-your-own.md goes through it line by line.
 */
#include <map>

#include "Vpmmu.h"
#include "rtl-cosim/dut/verilated_dut.h"

namespace {

using Base = VerilatedDut<Vpmmu>;

/* pmmu's tables: three levels of 512 entries of 8 bytes. */
enum : uint64_t { V = 1, R = 2, W = 4, A = 64, D = 128 };
enum { PAGE = 12, STRIDE = 9, ROOT_BYTES = 4096, DEVICES = 256, DEVICE_BYTES = 16 };
enum { CMD_ALL = 1, CMD_DOMAIN, CMD_PAGE, CMD_DEVICE };

/* ---- memory: what unit and walker share ------------------------------------------------------------ */

struct Memory : Base {
    using Base::Base;
    uint8_t left = 0;                  /* beats of the read under way */

    void drive_memory(const struct cosim_in &in)
    {
        top->ar_ready = in.ar_ready;
        top->r_valid = in.r.valid;
        top->r_data = in.r.data;
        top->r_error = in.r.error;
        top->r_last = in.r.last;
    }

    void sample_memory(struct cosim_out &out)
    {
        if (top->ar_valid)
            out.ar = { true, 0, uint8_t(top->ar_len + 1), top->ar_addr };
        out.r_ready = top->r_ready;
    }
};

/* ---- tables: the unit's and the walker's ------------------------------------------------------------ */

struct Tables {
    std::map<uint64_t, uint64_t> root;           /* of a domain */
    uint64_t devices = 0;                        /* the device table */

    bool encode(const struct cosim_map *m, const struct cosim_mem *mem)
    {
        return m->kind == COSIM_ATTACH || m->kind == COSIM_DETACH ? attach(m, mem) : map(m, mem);
    }

private:
    uint64_t root_of(uint64_t domain, const struct cosim_mem *mem)
    {
        uint64_t &r = root[domain];

        if (!r)
            r = mem->alloc(mem->arg, ROOT_BYTES);
        return r;
    }

    bool attach(const struct cosim_map *m, const struct cosim_mem *mem)
    {
        uint64_t at, table = m->kind == COSIM_ATTACH ? root_of(m->domain, mem) : 1;

        if (!devices)
            devices = mem->alloc(mem->arg, DEVICES * DEVICE_BYTES);
        if (!devices || !table || m->sid >= DEVICES)
            return false;
        at = devices + m->sid * DEVICE_BYTES;
        mem->write64(mem->arg, at, 0);           /* it changes while it is not valid */
        if (m->kind == COSIM_DETACH)
            return true;
        mem->write64(mem->arg, at + 8, table);
        mem->write64(mem->arg, at, V | (m->bypass ? 2u : 0u) | (m->domain & 0xffff) << 16);
        return true;
    }

    bool map(const struct cosim_map *m, const struct cosim_mem *mem)
    {
        int leaf = (m->size_log2 - PAGE) / STRIDE;
        uint64_t table = root_of(m->domain, mem), at = 0;

        for (int level = 2; table; level--) {
            at = table + 8 * (m->iova >> (PAGE + STRIDE * level) & 511);
            if (level == leaf)
                break;
            table = mem->read64(mem->arg, at) >> 10 << PAGE;
            if (table)
                continue;
            table = mem->alloc(mem->arg, ROOT_BYTES);
            mem->write64(mem->arg, at, table >> PAGE << 10 | V);
        }
        if (!table)
            return false;
        mem->write64(mem->arg, at, m->kind == COSIM_UNMAP ? 0 :
                     m->pa >> PAGE << 10 | V | A | (m->read || m->write ? uint64_t(R) : 0) |
                     (m->write ? W | D : uint64_t(0)));
        return true;
    }
};

/* ---- the unit: L3 ---------------------------------------------------------------------------------- */

struct Unit : Memory, Tables {
    using Memory::Memory;
    struct cosim_inval pending = {};             /* on the command port */
    uint64_t given = 0, done = 0;                /* commands */

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        drive_memory(in);
        top->walker_alone = 0;
        top->dev_table = devices;
        top->req_valid = in.req.valid;
        top->req_id = uint16_t(in.req.id);
        top->req_dev = uint8_t(in.req.sid);
        top->req_write = in.req.write;
        top->req_addr = in.req.addr;
        top->down_ready = in.down_ready;
        drive_command();
        clock([&] {
            sample_memory(out);
            out.req_ready = top->req_ready;
            if (top->down_valid)
                out.down = { true, bool(top->down_write), bool(top->down_refused), top->down_id, top->down_addr };
            out.idle = top->req_ready;
            if (top->cmd_valid && top->cmd_ready)
                done++;
        });
    }

    void drive_command()
    {
        top->cmd_valid = done < given;
        top->cmd_op = pending.kind == COSIM_INV_ALL ? CMD_ALL : pending.kind == COSIM_INV_CONFIG ? CMD_DEVICE
                    : pending.kind == COSIM_INV_VA ? CMD_PAGE : CMD_DOMAIN;
        top->cmd_dom = uint16_t(pending.domain);
        top->cmd_dev = uint8_t(pending.sid_first);
        top->cmd_va = pending.first & ((1ull << 39) - 1);
    }

    /* One at a time: as many devices and addresses as one command of pmmu's can name, or all. */
    int command(const struct cosim_inval *c, uint64_t *token)
    {
        if (done < given)
            return 1;
        pending = *c;
        if (c->kind == COSIM_INV_CONFIG && c->sid_first != c->sid_last)
            pending.kind = COSIM_INV_ALL;
        if (c->kind == COSIM_INV_VA && c->first >> PAGE != c->last >> PAGE)
            pending.kind = COSIM_INV_ASID;
        *token = ++given;
        return 0;
    }
};

/* ---- the walker: L1 -------------------------------------------------------------------------------- */

/* A context's ASID is the domain. */
struct Walker : Memory, Tables {
    using Memory::Memory;
    uint32_t id = 0;
    uint64_t va = 0;
    uint8_t reads = 0;
    struct cosim_walk_rsp held = {};             /* done_o is up for one cycle: held until it is taken */

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        bool start;

        drive_memory(in);
        top->walker_alone = 1;
        top->req_valid = 0;
        top->cmd_valid = 0;
        start = in.walk.valid && !held.valid;
        top->walk_start = start;
        top->walk_root = start ? root[in.walk.context->asid] >> PAGE : 0;
        top->walk_vpn = uint32_t(in.walk.addr >> PAGE & ((1u << 27) - 1));
        clock([&] {
            sample_memory(out);
            out.walk_ready = !top->walk_busy && !held.valid;
            out.idle = out.walk_ready;
            out.walk = held;
            if (out.ar.valid && in.ar_ready)
                reads++;
            if (held.valid && in.walk_rsp_ready)
                held = {};
            if (top->walk_done)
                hold();
            if (start && out.walk_ready) {
                id = in.walk.id;
                va = in.walk.addr;
                reads = 0;
            }
        });
    }

private:
    void hold()
    {
        unsigned size = PAGE + STRIDE * unsigned(top->walk_lvl);

        held.valid = true;
        held.id = id;
        held.fault = top->walk_err;
        held.s1_reads = reads;
        if (held.fault)
            return;
        held.size_log2 = uint8_t(size);
        held.perm1 = uint8_t((top->walk_r ? 1 : 0) | (top->walk_w ? 2 : 0));
        held.perm2 = 63;
        held.addr = uint64_t(top->walk_ppn) << PAGE >> size << size;
    }
};

/* ---- the TLB: L0 ----------------------------------------------------------------------------------- */

/* A context is a domain; a payload the page number and the two permissions.  It answers within the cycle, the driver
 * expects that one later: said is what the last cycle gave. */
struct Tlb : Base {
    using Base::Base;
    struct cosim_store_out said = {};

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        const struct cosim_store_in &s = in.store;

        top->req_valid = 0;
        top->cmd_valid = 0;
        top->walk_start = 0;
        top->tlb_dom = uint16_t(s.lookup_ctx);
        top->tlb_vpn = vpn(s.lookup_addr);
        top->tlb_fill = s.fill;
        top->tlb_fill_dom = uint16_t(s.fill_ctx);
        top->tlb_fill_lvl = uint8_t((s.fill_size_log2 - PAGE) / STRIDE);
        top->tlb_fill_vpn = vpn(s.fill_base >> s.fill_size_log2 << s.fill_size_log2);
        top->tlb_fill_data = s.fill_payload & ((1ull << 46) - 1);
        top->tlb_inv = s.inval;
        top->tlb_inv_all = !s.match.ctx_mask;
        top->tlb_inv_page = s.match.by_addr;
        top->tlb_inv_dom = uint16_t(s.match.ctx_value);
        top->tlb_inv_vpn = vpn(s.match.first);
        clock([&] {
            out.idle = true;
            out.store = said;
            out.store.ready = true;
            said = {};
            if (s.lookup) {
                said.answered = true;
                said.hit = top->tlb_hit;
                said.size_log2 = top->tlb_hit ? uint8_t(PAGE + STRIDE * top->tlb_lvl) : 0;
                said.payload = top->tlb_hit ? top->tlb_data : 0;
            }
            if (s.fill && !s.inval) {
                said.filled = true;
                said.evicted = top->tlb_evict;
                said.way = top->tlb_victim;
            }
            said.inval_done = s.inval;
        });
    }

private:
    static uint32_t vpn(uint64_t addr) { return uint32_t(addr >> PAGE & ((1u << 27) - 1)); }
};

/* ---- the tables ------------------------------------------------------------------------------------ */

const struct cosim_param unit_params[] = { { "va_bits", 39 }, { "devices", DEVICES }, {} };
const struct cosim_param tlb_params[] = {
    { "sets", 1 }, { "ways", 8 }, { "policy", 4 }, { "probe", 1 }, { "fill_in_flush", 0 }, { "sweep", 0 },
    { "addr_bits", 39 }, { "inval_simple", 1 }, {},
};

template <class D> int encode(struct cosim_dut *d, const struct cosim_map *m, const struct cosim_mem *mem)
{
    return VerilatedOps<D>::of(d)->encode(m, mem) ? 0 : -1;
}

struct cosim_dut_ops unit()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Unit>::fill(&ops);
    ops.name = "pmmu";
    ops.about = "a foreign unit: tables, commands and ports of its own";
    ops.level = COSIM_PIPELINE;
    ops.caps = COSIM_CAP_COMMANDS | COSIM_CAP_ENCODES | COSIM_CAP_FORWARDS;
    ops.built = unit_params;
    ops.encode = encode<Unit>;
    ops.command = [](struct cosim_dut *d, const struct cosim_inval *c, uint64_t *token) {
        return VerilatedOps<Unit>::of(d)->command(c, token);
    };
    ops.command_done = [](struct cosim_dut *d, uint64_t token) { return VerilatedOps<Unit>::of(d)->done >= token; };
    return ops;
}

struct cosim_dut_ops walker()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Walker>::fill(&ops);
    ops.name = "pmmu_ptw";
    ops.about = "its walker";
    ops.level = COSIM_WALKER;
    ops.caps = COSIM_CAP_ENCODES;
    ops.built = unit_params;
    ops.encode = encode<Walker>;
    return ops;
}

struct cosim_dut_ops tlb()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Tlb>::fill(&ops);
    ops.name = "pmmu_tlb";
    ops.about = "its TLB";
    ops.level = COSIM_STORE;
    ops.built = tlb_params;
    return ops;
}

}

extern "C" {
COSIM_EXPORT extern const struct cosim_dut_ops cosim_dut_pmmu, cosim_dut_pmmu_ptw, cosim_dut_pmmu_tlb;
const struct cosim_dut_ops cosim_dut_pmmu = unit();
const struct cosim_dut_ops cosim_dut_pmmu_ptw = walker();
const struct cosim_dut_ops cosim_dut_pmmu_tlb = tlb();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * verilated_dut.h - what every adapter of a Verilated design shares: clock, waveform, assertions, coverage.  C++.
 *
 * V is the class that Verilator made; its module has inputs clk and rst_n.  An adapter derives from it, drives
 * pins, and calls clock(sample): sample() reads the outputs at the right time [dut.h, tick].
 */
#ifndef RTL_COSIM_DUT_VERILATED_DUT_H
#define RTL_COSIM_DUT_VERILATED_DUT_H
#include <memory>
#include <new>

#include "rtl-cosim/dut.h"
#include <verilated.h>
#include <verilated_cov.h>
#include <verilated_fst_c.h>

template <class V> class VerilatedDut {
public:
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<V> top;

    explicit VerilatedDut(const struct cosim_cfg *cfg)
        : context(new VerilatedContext), period_ps(cfg->period_ps ? cfg->period_ps : COSIM_PERIOD_PS)
    {
        context->fatalOnError(false);
        context->errorLimit(1 << 30);
        context->traceEverOn(true);
        context->randReset(2);
        context->randSeed(int(cfg->seed & 0x7fffffff) + 1);
        top.reset(new V(context.get(), "dut"));
    }
    ~VerilatedDut()
    {
        wave(nullptr);
        Verilated::threadContextp(context.get());      /* scopes are taken from that, not from their model's own */
        top->final();
    }

    template <class Sample> void clock(Sample sample)
    {
        top->clk = 0;
        top->eval();
        sample();
        dump(0);
        top->clk = 1;
        top->eval();
        dump(period_ps / 2);
        cycles++;
    }

    /* Two cycles in reset, in the waveform before time 0. */
    void reset()
    {
        top->rst_n = 0;
        for (int i = 0; i < 2; i++) {
            top->clk = 0;
            top->eval();
            top->clk = 1;
            top->eval();
        }
        top->rst_n = 1;
        cycles = 0;
    }

    int wave(const char *path)
    {
        if (fst)
            fst->close();
        fst.reset();
        if (!path)
            return 0;
        fst.reset(new VerilatedFstC);
        fst->set_time_unit("1ps");
        fst->set_time_resolution("1ps");
#if VM_TRACE                           /* else it was built without */
        top->trace(fst.get(), 99);
#endif
        fst->open(path);
        return fst->isOpen() ? 0 : -1;
    }

    uint64_t errors() const { return uint64_t(context->errorCount()); }
    int coverage(const char *path)
    {
        context->coveragep()->write(path);
        return 0;
    }
    uint64_t cycle() const { return cycles; }

private:
    uint64_t cycles = 0;
    unsigned period_ps;
    std::unique_ptr<VerilatedFstC> fst;

    void dump(unsigned offset_ps)
    {
        if (fst)
            fst->dump(uint64_t(cycles * period_ps + offset_ps));
    }
};

/* The functions of the table that are the same for all; D derives from VerilatedDut and has tick(in, out). */
template <class D> struct VerilatedOps {
    static int create(struct cosim_dut **d, const struct cosim_cfg *cfg, char *err, size_t n)
    {
        try {
            D *made = new D(cfg);

            made->reset();
            *d = reinterpret_cast<struct cosim_dut *>(made);
            return 0;
        } catch (const std::exception &e) {
            snprintf(err, n, "%s", e.what());
            return -1;
        }
    }
    static D *of(struct cosim_dut *d) { return reinterpret_cast<D *>(d); }
    static void destroy(struct cosim_dut *d) { delete of(d); }
    static int reset(struct cosim_dut *d)
    {
        of(d)->reset();
        return 0;
    }
    static int tick(struct cosim_dut *d, const struct cosim_in *in, struct cosim_out *out)
    {
        of(d)->tick(*in, *out);
        return 0;
    }
    static int wave(struct cosim_dut *d, const char *path) { return of(d)->wave(path); }
    static uint64_t errors(struct cosim_dut *d, char *text, size_t n)
    {
        if (n)
            snprintf(text, n, "%s", of(d)->errors() ? "an assertion of the RTL failed: see its messages" : "");
        return of(d)->errors();
    }
    static int coverage(struct cosim_dut *d, const char *path) { return of(d)->coverage(path); }
    static void fill(struct cosim_dut_ops *ops)
    {
        ops->abi = COSIM_ABI;
        ops->create = create;
        ops->destroy = destroy;
        ops->reset = reset;
        ops->tick = tick;
        ops->wave = wave;
        ops->errors = errors;
        ops->coverage = coverage;
    }
};

#endif

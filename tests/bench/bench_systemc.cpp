// SPDX-License-Identifier: Apache-2.0
//
// The patterns of bench_kernel.c, written for SystemC as one would: built only where CMake found it.
// There is one SystemC simulation in a process, so all patterns live in it; each sleeps on an event until
// its turn comes and ends its processes when it is over.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "bench/bench_systemc.h"

namespace {

using sc_core::sc_time;

constexpr unsigned pending = 1024, fifo_slots = 16, target_ns = 10, rounds = 3;
constexpr double chunk_ns = 1000;

double clock_ns()
{
    return std::chrono::duration<double, std::nano>(
               std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct task {
    bench_systemc *to;
    const uint32_t *uniform, *pipeline;
    uint32_t delays;
    uint64_t n;
} *current;

// 1024 processes that wait again and again, each time as long as the table says: as threads, which is
// what the processes of bench_kernel are, or as methods, the cheapest that SystemC has.
struct Waits : sc_core::sc_module {
    SC_HAS_PROCESS(Waits);

    struct Waiter : sc_core::sc_module {
        SC_HAS_PROCESS(Waiter);
        Waits &all;
        uint32_t at;

        Waiter(const sc_core::sc_module_name &name, Waits &w, uint32_t place)
            : sc_module(name), all(w), at(place)
        {
            SC_THREAD(run);
            set_stack_size(16384);
            SC_METHOD(again);
            sensitive << w.start_methods;
            dont_initialize();
        }

        const sc_time &next()
        {
            all.done++;
            at = (at + 1) % static_cast<uint32_t>(all.delay.size());
            return all.delay[at];
        }

        void run()
        {
            wait(all.start_threads);
            while (!all.over)
                wait(next());
        }

        void again()
        {
            if (!all.over)
                next_trigger(next());
        }
    };

    sc_core::sc_event start_threads, start_methods;
    std::vector<sc_time> delay;
    std::deque<Waiter> waiter;
    uint64_t done = 0;
    bool over = false;

    Waits(const sc_core::sc_module_name &name, const uint32_t *ps, uint32_t delays) : sc_module(name)
    {
        for (uint32_t i = 0; i < delays; i++)
            delay.emplace_back(static_cast<double>(ps[i]), sc_core::SC_PS);
        for (unsigned i = 0; i < pending; i++)
            waiter.emplace_back(sc_core::sc_gen_unique_name("waiter"), *this, i * (delays / pending));
    }

    double ns(sc_core::sc_event &start, uint64_t n)
    {
        double best = 0;

        over = false;
        start.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start(chunk_ns, sc_core::SC_NS);
        for (unsigned i = 0; i < rounds; i++) {
            double t0 = clock_ns();
            done = 0;
            while (done < n)
                sc_core::sc_start(chunk_ns, sc_core::SC_NS);
            double t = (clock_ns() - t0) / static_cast<double>(done);
            best = i == 0 || t < best ? t : best;
        }
        over = true;
        sc_core::sc_start(2 * chunk_ns, sc_core::SC_NS);
        return best;
    }
};

struct Target : sc_core::sc_module {
    tlm_utils::simple_target_socket<Target> socket;
    const sc_time delay{target_ns, sc_core::SC_NS};

    explicit Target(const sc_core::sc_module_name &name) : sc_module(name)
    {
        socket.register_b_transport(this, &Target::b_transport);
    }

    void b_transport(tlm::tlm_generic_payload &trans, sc_time &)
    {
        wait(delay);
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

struct Initiator : sc_core::sc_module {
    SC_HAS_PROCESS(Initiator);
    tlm_utils::simple_initiator_socket<Initiator> socket;
    sc_core::sc_event start;
    uint64_t left = 0;

    explicit Initiator(const sc_core::sc_module_name &name) : sc_module(name) { SC_THREAD(run); }

    void run()
    {
        tlm::tlm_generic_payload trans;
        uint64_t data = 0;

        trans.set_data_ptr(reinterpret_cast<unsigned char *>(&data));
        trans.set_data_length(sizeof data);
        for (;;) {
            wait(start);
            for (; left; left--) {
                sc_time delay = sc_core::SC_ZERO_TIME;

                data++;
                socket->b_transport(trans, delay);
            }
        }
    }
};

struct Fifo : sc_core::sc_module {
    SC_HAS_PROCESS(Fifo);
    sc_core::sc_fifo<uint64_t> fifo{fifo_slots};
    sc_core::sc_event start;
    uint64_t left = 0, sum = 0;

    explicit Fifo(const sc_core::sc_module_name &name) : sc_module(name)
    {
        SC_THREAD(produce);
        SC_THREAD(consume);
    }

    void produce()
    {
        for (uint64_t item = 0;;) {
            wait(start);
            for (; left; left--)
                fifo.write(++item);
        }
    }

    void consume()
    {
        for (uint64_t item = 0;;) {
            fifo.read(item);
            sum += item;
        }
    }
};

// Runs a pattern that ends by itself.
template <class Pattern> double to_the_end_ns(Pattern &p, uint64_t n)
{
    double best = 0;

    for (unsigned i = 0; i < rounds; i++) {
        double t0 = clock_ns();

        p.left = n;
        p.start.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start();
        double t = (clock_ns() - t0) / static_cast<double>(n);
        best = i == 0 || t < best ? t : best;
    }
    return best;
}

} // namespace

int sc_main(int, char **)
{
    const task &t = *current;
    Waits random("random", t.uniform, t.delays), pipeline("pipeline", t.pipeline, t.delays);
    Initiator initiator("initiator");
    Target target("target");
    Fifo fifo("fifo");

    initiator.socket.bind(target.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    t.to->random_method_ns = random.ns(random.start_methods, t.n);
    t.to->random_ns = random.ns(random.start_threads, t.n);
    t.to->pipeline_method_ns = pipeline.ns(pipeline.start_methods, t.n);
    t.to->pipeline_ns = pipeline.ns(pipeline.start_threads, t.n);
    t.to->transport_ns = to_the_end_ns(initiator, t.n);
    t.to->fifo_ns = to_the_end_ns(fifo, t.n);
    return 0;
}

void bench_systemc_run(struct bench_systemc *to, const uint32_t *uniform, const uint32_t *pipeline,
                   uint32_t delays, uint64_t n)
{
    char name[] = "bench_systemc", *argv[] = {name, nullptr};
    task t = {to, uniform, pipeline, delays, n};

    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    current = &t;
    sc_core::sc_elab_and_sim(1, argv);
}

// SPDX-License-Identifier: Apache-2.0
//
// queue_top - registers and command queue alone, for comparison at level L2: what iommu_top has between its register
// port and the structures.  There are no transactions and no events, so fences are over at once; an invalidation
// or SYNC is shown on `inv` until inv_ready.

module queue_top
  import iommu_pkg::*;
#(
  parameter int CMDQ_FETCH = 4
) (
  input  logic            clk,
  input  logic            rst_n,

  input  logic            reg_valid,
  input  logic            reg_write,
  input  logic [3:0]      reg_bytes,
  input  logic [31:0]     reg_offset,
  input  logic [63:0]     reg_wdata,
  output logic            reg_ready,
  output logic            reg_rvalid,
  output logic [63:0]     reg_rdata,

  output logic            ar_valid,
  output logic [7:0]      ar_id,
  output logic [PA_W-1:0] ar_addr,
  output logic [2:0]      ar_len,
  input  logic            ar_ready,
  input  logic            r_valid,
  input  logic [7:0]      r_id,
  input  logic [63:0]     r_data,
  input  logic            r_last,
  input  logic            r_err,
  output logic            r_ready,

  output logic            inv_valid,
  output logic [3:0]      inv_kind,
  output logic            inv_leaf,
  output logic [15:0]     inv_asid,
  output logic [15:0]     inv_vmid,
  output logic [31:0]     inv_sid_first,
  output logic [31:0]     inv_sid_last,
  output logic [63:0]     inv_first,
  output logic [63:0]     inv_last,
  input  logic            inv_ready,

  output logic [2:0]      irq,
  output logic            idle
);

  regs_t           ctl;
  logic            fence_start;
  logic            run, step, stop, sync_irq, cmdq_idle, init_start, init_done;
  logic [PA_W-1:0] base, evtq_base;
  logic [4:0]      log2, evtq_log2;
  logic [19:0]     prod, cons, evtq_prod, evtq_cons;
  logic [1:0]      error;
  logic            evtq_on;
  cmd_t            cmd;
  ar_t             ar;

  regs registers (
    .clk, .rst_n, .reg_valid, .reg_write, .reg_bytes, .reg_offset, .reg_wdata, .reg_ready, .reg_rvalid, .reg_rdata,
    .ctl, .fence_start, .fence_done(1'b1),
    .cmdq_run(run), .cmdq_base(base), .cmdq_log2(log2), .cmdq_prod(prod), .cmdq_cons(cons), .cmdq_step(step),
    .cmdq_stop(stop), .cmdq_error(error), .cmdq_irq(sync_irq), .cmdq_idle, .init_start, .init_done,
    .evtq_on, .evtq_base, .evtq_log2, .evtq_prod, .evtq_cons, .evtq_step(1'b0), .evtq_lost(1'b0), .evtq_abort(1'b0),
    .evtq_idle(1'b1), .irq
  );

  cmdq #(.FETCH(CMDQ_FETCH)) commands (
    .clk, .rst_n, .run, .base, .log2, .prod, .cons, .step, .stop, .error, .sync_irq, .idle(cmdq_idle),
    .quiet(idle), .init_start, .init_done, .ar_valid, .ar, .ar_ready,
    .r_valid, .r('{id: r_id, data: r_data, last: r_last, err: r_err}), .r_ready,
    .cmd_valid(inv_valid), .cmd, .cmd_ready(inv_ready)
  );

  assign {ar_id, ar_addr, ar_len} = ar_valid ? ar : '0;
  assign inv_kind      = cmd.kind;
  assign inv_leaf      = cmd.leaf;
  assign inv_asid      = cmd.asid;
  assign inv_vmid      = cmd.vmid;
  assign inv_sid_first = cmd.sid_first;
  assign inv_sid_last  = cmd.sid_last;
  assign inv_first     = cmd.first;
  assign inv_last      = cmd.last;

  wire unused = &{1'b0, ctl, fence_start, evtq_on, evtq_base, evtq_log2, evtq_prod, evtq_cons};

endmodule

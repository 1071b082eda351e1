// Code generated from web/words by web/ui/gen. DO NOT EDIT.

/** Statuses within a sentence. */
export const STATUS: Readonly<Record<string, string>> = {
  "pending": "pending",
  "queued": "queued",
  "running": "running",
  "retrying": "retrying",
  "waiting": "waiting",
  "ask": "waiting for a person",
  "paused": "paused",
  "uncertain": "uncertain",
  "succeeded": "succeeded",
  "failed": "failed",
  "crashed": "crashed",
  "skipped": "skipped",
  "cancelled": "cancelled",
  "compensating": "compensating",
  "compensated": "compensated",
  "compensation_failed": "compensation failed",
};

/** Statuses as a heading begins. */
export const STATUS_TITLES: Readonly<Record<string, string>> = {
  "pending": "Pending",
  "queued": "Queued",
  "running": "Running",
  "retrying": "Retrying",
  "waiting": "Waiting",
  "ask": "Waiting for a person",
  "paused": "Paused",
  "uncertain": "Uncertain",
  "succeeded": "Succeeded",
  "failed": "Failed",
  "crashed": "Crashed",
  "skipped": "Skipped",
  "cancelled": "Cancelled",
  "compensating": "Compensating",
  "compensated": "Compensated",
  "compensation_failed": "Compensation failed",
};

/** Kinds of steps, as lists name them. */
export const KIND_TITLES: Readonly<Record<string, string>> = {
  "call": "Call",
  "flow": "Flow",
  "switch": "Switch",
  "set": "Set",
  "wait": "Wait",
  "signal": "Signal",
  "approval": "Approval",
  "fail": "Fail",
};

/** What a step of a kind is, in a few words. */
export const KIND_ABOUT: Readonly<Record<string, string>> = {
  "call": "a registered function",
  "flow": "another flow, as a run of its own",
  "switch": "the first branch that is true",
  "set": "values for later steps",
  "wait": "for a time",
  "signal": "a message from outside",
  "approval": "a person decides",
  "fail": "end here with a failure",
};

/** Signs of a difference. */
export const MARKS: Readonly<Record<string, string>> = {
  "+": "added",
  "-": "removed",
  "~": "changed",
  "!": "runs otherwise",
};

/** A moment that lies less than ten seconds back. */
export const JUST_NOW = "just now";

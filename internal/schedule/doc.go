// Package schedule (定期業務) runs what an office does by the calendar: the holder list and the CRL once a day, the OCSP
// data every quarter of an hour, what has expired. Nobody presses a button and no timer fires: [Scheduler.Run] is told the
// time and runs what fell due by then. So a clock that is moved forward by days makes the nation live through them.
//
// A [Job] falls due at the instants of a grid, every so often from an anchor. The office's database holds when each job is
// due next. What fell due is run in the order of the instants; of several jobs at one instant, in the order in which they
// are listed; of several offices ([Run]), in the order in which they are given. So the same clock gives the same order.
//
// # Once per instant
//
// A job with Apply does its work in the transaction that notes the instant as done, with its audit entry: exactly once for
// each instant, whatever stops us and however many processes run the office. A job with Do does its work outside, and the
// instant is noted afterwards: at least once; it must bear to be done again for the same instant. [Scheduler.RunDue] numbers
// the steps.
//
// When the clock jumps, each instant that was missed is run, in order; a job that says Collapse runs once, for the last of
// them. One call runs at most so many; the next goes on. An instant is never skipped because of a failure: a job that fails
// is set aside, the others go on, and the next call begins with the instant that failed.
//
// # Japan's days
//
// Daylight saving time has not been used in Japan since 1951, so a job every 24 hours from an hour of the day there ([At])
// runs once on each of the nation's days.
package schedule

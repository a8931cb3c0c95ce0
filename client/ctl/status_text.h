/* Formats the broker's figures as text. Portable, so that sanitizers test it. */
#ifndef SB_CLIENT_CTL_STATUS_TEXT_H
#define SB_CLIENT_CTL_STATUS_TEXT_H

#include "client/report/report.h"

/* Prints them for people. */
void status_table(arena *a, const msg_status *status, const report_sink *sink);
/* Prometheus's text exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/):
 * times in seconds, latencies as histograms, which add up over brokers. */
void status_prometheus(arena *a, const msg_status *status, const report_sink *sink);

#endif

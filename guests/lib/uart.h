/* SPDX-License-Identifier: Apache-2.0 */
/* The console, which is polled. UART_BASE, UART_LINE and its registers are the machine's. */
#ifndef UART_H
#define UART_H

#include <arch/uart.h>
#include <stdbool.h>
#include <stddef.h>

void uart_write(const char *bytes, size_t len);
/* FIFOs on, no loopback, no interrupt: also repairs what a test left behind. */
void uart_init(void);
/* A byte, or -1. */
int uart_read(void);
/* Whether received bytes interrupt. */
void uart_listen(bool on);
/* A read that changes nothing. */
void uart_look(void);

#endif

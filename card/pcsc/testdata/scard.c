/*
 * A PC/SC program on libpcsclite that does what its standard input says, one call a line, and prints the result code in hex and
 * what the call returned. Numbers are hex; a reader's name is the rest of the line.
 *
 *   list                        names, one per line, then an empty line
 *   connect MODE READER         handle
 *   transmit HANDLE BYTES       response
 *   begin HANDLE                -
 *   end HANDLE DISPOSITION      -
 *   reconnect HANDLE MODE DISPOSITION
 *   status HANDLE               ATR and name
 *   disconnect HANDLE DISPOSITION
 *   wait MILLISECONDS STATE READER     event state, ATR
 *   cancelled READER            waits for ever while another thread cancels
 *   attribute HANDLE ATTRIBUTE  value
 *
 * The declarations are those of PC/SC for 64-bit Linux, so that no header package is needed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { unsigned long protocol, length; } io_request;
typedef struct {
	const char *reader;
	void *user;
	unsigned long current, event, atr_length;
	unsigned char atr[33];
} reader_state;

long SCardEstablishContext(unsigned long, const void *, const void *, long *);
long SCardListReaders(long, const char *, char *, unsigned long *);
long SCardConnect(long, const char *, unsigned long, unsigned long, long *, unsigned long *);
long SCardReconnect(long, unsigned long, unsigned long, unsigned long, unsigned long *);
long SCardDisconnect(long, unsigned long);
long SCardBeginTransaction(long);
long SCardEndTransaction(long, unsigned long);
long SCardTransmit(long, const io_request *, const unsigned char *, unsigned long, io_request *, unsigned char *, unsigned long *);
long SCardStatus(long, char *, unsigned long *, unsigned long *, unsigned long *, unsigned char *, unsigned long *);
long SCardGetStatusChange(long, unsigned long, reader_state *, unsigned long);
long SCardGetAttrib(long, unsigned long, unsigned char *, unsigned long *);
long SCardCancel(long);

enum { ANY_PROTOCOL = 3, DIRECT = 3, BUFFER = 1 << 17 };

static long context;
static unsigned long protocol;
static unsigned char buffer[BUFFER];

static void print(long result, const unsigned char *bytes, unsigned long length)
{
	printf("%lx ", result & 0xFFFFFFFF);
	if (length == 0)
		printf("-");
	for (unsigned long i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static void transmit(long card, const char *hex)
{
	unsigned long sent = strlen(hex) / 2, received = BUFFER;
	unsigned char *command = malloc(sent + 1);
	io_request pci = { protocol, sizeof pci };

	for (unsigned long i = 0; i < sent; i++)
		sscanf(hex + 2 * i, "%2hhx", &command[i]);
	long result = SCardTransmit(card, &pci, command, sent, NULL, buffer, &received);
	print(result, buffer, result == 0 ? received : 0);
	free(command);
}

static void status(long card)
{
	char name[128] = "";
	unsigned char atr[33];
	unsigned long name_length = sizeof name, state, used, atr_length = sizeof atr;
	long result = SCardStatus(card, name, &name_length, &state, &used, atr, &atr_length);

	print(result, atr, result == 0 ? atr_length : 0);
	printf(" %s", name);
}

static void *keep_cancelling(void *done)
{
	while (!*(volatile int *)done) {
		SCardCancel(context);
		usleep(5000);
	}
	return NULL;
}

static void wait_change(unsigned long milliseconds, unsigned long state, const char *reader)
{
	reader_state r = { reader, NULL, state };
	long result = SCardGetStatusChange(context, milliseconds, &r, 1);

	print(result, r.atr, result == 0 ? r.atr_length : 0);
	printf(" %lx", r.event);
}

static void cancelled(const char *reader)
{
	reader_state r = { reader };
	volatile int done = 0;
	pthread_t thread;

	SCardGetStatusChange(context, 0, &r, 1);
	r.current = r.event & ~2UL;
	pthread_create(&thread, NULL, keep_cancelling, (void *)&done);
	print(SCardGetStatusChange(context, 0xFFFFFFFF, &r, 1), NULL, 0);
	done = 1;
	pthread_join(thread, NULL);
}

static void list(void)
{
	unsigned long length = BUFFER;
	long result = SCardListReaders(context, NULL, (char *)buffer, &length);

	print(result, NULL, 0);
	for (char *name = (char *)buffer; result == 0 && *name; name += strlen(name) + 1)
		printf("\n%s", name);
	printf("\n");
}

static void call(char *line)
{
	unsigned long a = 0, b = 0, c = 0, length = 264;
	long card = 0;
	int rest = 0;
	char *verb = strtok(line, " "), *arguments = strtok(NULL, "");

	if (arguments == NULL)
		arguments = "";
	if (strcmp(verb, "list") == 0) {
		list();
	} else if (strcmp(verb, "connect") == 0) {
		sscanf(arguments, "%lx %n", &a, &rest);
		print(SCardConnect(context, arguments + rest, a, a == DIRECT ? 0 : ANY_PROTOCOL, &card, &protocol), NULL, 0);
		printf(" %lx", card);
	} else if (strcmp(verb, "cancelled") == 0) {
		cancelled(arguments);
	} else if (strcmp(verb, "wait") == 0) {
		sscanf(arguments, "%lx %lx %n", &a, &b, &rest);
		wait_change(a, b, arguments + rest);
	} else {
		sscanf(arguments, "%lx %n%lx %lx", &a, &rest, &b, &c);
		if (strcmp(verb, "transmit") == 0)
			transmit(a, arguments + rest);
		else if (strcmp(verb, "begin") == 0)
			print(SCardBeginTransaction(a), NULL, 0);
		else if (strcmp(verb, "end") == 0)
			print(SCardEndTransaction(a, b), NULL, 0);
		else if (strcmp(verb, "reconnect") == 0)
			print(SCardReconnect(a, b, b == DIRECT ? 0 : ANY_PROTOCOL, c, &protocol), NULL, 0);
		else if (strcmp(verb, "status") == 0)
			status(a);
		else if (strcmp(verb, "disconnect") == 0)
			print(SCardDisconnect(a, b), NULL, 0);
		else if (strcmp(verb, "attribute") == 0) {
			long result = SCardGetAttrib(a, b, buffer, &length);
			print(result, buffer, result == 0 ? length : 0);
		} else
			exit(2);
	}
	printf("\n");
	fflush(stdout);
}

int main(void)
{
	static char line[2 * BUFFER];
	long result = SCardEstablishContext(2, NULL, NULL, &context);

	print(result, NULL, 0);
	printf("\n");
	fflush(stdout);
	while (result == 0 && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = 0;
		call(line);
	}
	return result != 0;
}

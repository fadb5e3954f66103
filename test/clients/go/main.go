// The Go client under test: `client peer` obeys commands from its input, `client requests URL …` is the load of one
// multiplexed inbox. Both judge nothing; the tests do.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: client peer | client requests URL WORKERS EACH")
	}
	switch os.Args[1] {
	case "peer":
		servePeer(os.Stdin, os.Stdout)
	case "requests":
		if err := manyRequests(os.Args[2:]); err != nil {
			fail(err.Error())
		}
	default:
		fail("unknown command " + os.Args[1])
	}
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}

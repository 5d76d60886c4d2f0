"""Tests of the gateway, without a broker and without sockets."""

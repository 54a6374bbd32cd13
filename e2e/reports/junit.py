"""Tells what is wrong with JUnit files: junit.py SCHEMA FILE..."""

import sys

from lxml import etree

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
parser = etree.XMLParser(resolve_entities=False, no_network=True)
broken = False
for file in sys.argv[2:]:
    try:
        schema.assertValid(etree.parse(file, parser))
    except (etree.XMLSyntaxError, etree.DocumentInvalid) as error:
        broken = True
        print(f"{file}: {error}")
sys.exit(broken)

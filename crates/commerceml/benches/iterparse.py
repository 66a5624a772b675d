#!/usr/bin/env python3
"""The peer of the benchmark: the same extraction with lxml's iterparse, as one writes it when speed matters.

  iterparse.py FILE        prints products, values of properties, bytes of all texts kept, seconds of the processor, and the peak of memory in MB
"""
import resource
import sys
import time

from lxml import etree

NOTHING = ("", "00000000-0000-0000-0000-000000000000")


def text(element):
    return (element.text or "").strip()


def product(element):
    """All that the crate's `Product` holds, as a dictionary."""
    row = {"groups": [], "pictures": [], "values": [], "requisites": [], "deleted": element.get("Статус") == "Удален"}
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "ЗначенияСвойств":
            for pair in child:
                found = [value for value in (text(part) for part in pair[1:]) if value not in NOTHING]
                if found:
                    row["values"].append((text(pair[0]), found))
        elif tag == "ЗначенияРеквизитов":
            row["requisites"] += [(text(pair[0]), text(pair[1])) for pair in child]
        elif tag == "Группы":
            row["groups"] += [text(group) for group in child]
        elif tag == "Картинка":
            row["pictures"].append(text(child))
        elif tag == "Изготовитель":
            row["maker"] = (text(child[0]), text(child[1]))
        elif tag == "БазоваяЕдиница":
            row["unit"] = (child.get("Код") or text(child)).strip()
        elif tag == "ПометкаУдаления":
            row["deleted"] |= text(child) == "true"
        elif tag in ("Ид", "Наименование", "Артикул", "Штрихкод", "Описание"):
            row[tag] = text(child)
    return row


def kept(row):
    """Bytes of the texts of a row."""
    texts = [value for value in row.values() if isinstance(value, str)]
    texts += row["groups"] + row["pictures"] + list(row.get("maker", ()))
    for name, values in row["values"]:
        texts.append(name)
        texts += values
    for pair in row["requisites"]:
        texts += pair
    return sum(len(one.encode()) for one in texts)


def main(path):
    products = values = size = 0
    spent = 0.0
    begun = time.process_time()
    for _, element in etree.iterparse(path, events=("end",), tag="{*}Товар"):
        row = product(element)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
        products += 1
        values += len(row["values"])
        # Summing up is for the comparison only, and not counted.
        apart = time.process_time()
        size += kept(row)
        spent += time.process_time() - apart
    seconds = time.process_time() - begun - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(products, values, size, f"{seconds:.3f}", f"{peak:.0f}")


if __name__ == "__main__":
    main(sys.argv[1])

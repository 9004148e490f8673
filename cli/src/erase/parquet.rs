//! Files of the lake without some of their rows. The schema stays as it is, to the physical types: readers of all files
//! see no difference between those that were written so and those that were rewritten.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

/// A file of flat rows, as Firehose writes them.
pub(super) struct Rows(SerializedFileReader<Bytes>);

/// Values that are there, and for each row whether one is; the latter is empty where each row must have one.
type Values<T> = (Vec<T>, Vec<i16>);

impl Rows {
    pub(super) fn open(bytes: Bytes) -> Result<Self> {
        let reader = SerializedFileReader::new(bytes).context("not a Parquet file")?;
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        let is_flat = columns.iter().all(|column| column.max_rep_level() == 0 && column.max_def_level() <= 1);
        ensure!(is_flat, "the file has nested columns, which nothing of milkrun's writes");
        Ok(Self(reader))
    }

    /// How many groups of rows there are.
    pub(super) fn groups(&self) -> usize {
        self.0.num_row_groups()
    }

    /// How many rows a group has.
    pub(super) fn rows(&self, group: usize) -> Result<usize> {
        Ok(self.0.metadata().row_group(group).num_rows().try_into()?)
    }

    /// The names of the columns that hold text.
    pub(super) fn text_columns(&self) -> Vec<String> {
        let columns = self.0.metadata().file_metadata().schema_descr().columns();
        let is_text = |kind| kind == parquet::basic::Type::BYTE_ARRAY;
        columns.iter().filter(|column| is_text(column.physical_type())).map(|column| column.name().to_owned()).collect()
    }

    /// A column of text, a value for each row; `None`: there is no such column.
    pub(super) fn texts(&self, group: usize, column: &str) -> Result<Option<Vec<Option<String>>>> {
        let columns = self.0.metadata().file_metadata().schema_descr().columns();
        let Some(place) = columns.iter().position(|known| known.name() == column) else { return Ok(None) };
        let ColumnReader::ByteArrayColumnReader(mut reader) = self.0.get_row_group(group)?.get_column_reader(place)?
        else {
            return Ok(None);
        };
        let (values, levels) = read(&mut reader, self.rows(group)?)?;
        let mut texts = values.iter().map(|value| String::from_utf8_lossy(value.data()).into_owned());
        if levels.is_empty() {
            return Ok(Some(texts.map(Some).collect()));
        }
        Ok(Some(levels.into_iter().map(|level| if level == 0 { None } else { texts.next() }).collect()))
    }

    /// The file with those rows alone that are to be kept, of each group.
    pub(super) fn keeping(&self, keep: &[Vec<bool>]) -> Result<Vec<u8>> {
        let metadata = self.0.metadata();
        let file = metadata.file_metadata();
        let mut properties = WriterProperties::builder().set_key_value_metadata(file.key_value_metadata().cloned());
        for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
            properties = properties.set_column_compression(column.column_path().clone(), column.compression());
        }
        let schema = file.schema_descr().root_schema_ptr();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
        for (group, keep) in keep.iter().enumerate().filter(|(_, keep)| keep.contains(&true)) {
            let reader = self.0.get_row_group(group)?;
            let mut rows = writer.next_row_group()?;
            for column in 0..reader.num_columns() {
                let mut to = rows.next_column()?.context("the new file lacks a column")?;
                copy(reader.get_column_reader(column)?, &mut to, keep)?;
                to.close()?;
            }
            rows.close()?;
        }
        Ok(writer.into_inner()?)
    }
}

fn copy(from: ColumnReader, to: &mut SerializedColumnWriter<'_>, keep: &[bool]) -> Result<()> {
    match from {
        ColumnReader::BoolColumnReader(from) => copy_of::<BoolType>(from, to, keep),
        ColumnReader::Int32ColumnReader(from) => copy_of::<Int32Type>(from, to, keep),
        ColumnReader::Int64ColumnReader(from) => copy_of::<Int64Type>(from, to, keep),
        ColumnReader::Int96ColumnReader(from) => copy_of::<Int96Type>(from, to, keep),
        ColumnReader::FloatColumnReader(from) => copy_of::<FloatType>(from, to, keep),
        ColumnReader::DoubleColumnReader(from) => copy_of::<DoubleType>(from, to, keep),
        ColumnReader::ByteArrayColumnReader(from) => copy_of::<ByteArrayType>(from, to, keep),
        ColumnReader::FixedLenByteArrayColumnReader(from) => copy_of::<FixedLenByteArrayType>(from, to, keep),
    }
}

fn copy_of<T: DataType>(
    mut from: ColumnReaderImpl<T>,
    to: &mut SerializedColumnWriter<'_>,
    keep: &[bool],
) -> Result<()> {
    let (values, levels) = read(&mut from, keep.len())?;
    let to = to.typed::<T>();
    if levels.is_empty() {
        let kept: Vec<_> = kept(values, keep.iter().copied());
        to.write_batch(&kept, None, None)?;
    } else {
        let is_there = |level: &i16| *level != 0;
        let kept_values =
            kept(values, levels.iter().zip(keep).filter(|(level, _)| is_there(level)).map(|(_, keep)| *keep));
        let kept_levels = kept(levels, keep.iter().copied());
        to.write_batch(&kept_values, Some(&kept_levels), None)?;
    }
    Ok(())
}

fn kept<T>(all: Vec<T>, keep: impl Iterator<Item = bool>) -> Vec<T> {
    all.into_iter().zip(keep).filter_map(|(one, keep)| keep.then_some(one)).collect()
}

fn read<T: DataType>(reader: &mut ColumnReaderImpl<T>, rows: usize) -> Result<Values<T::T>> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, _, _) = reader.read_records(rows - read, Some(&mut levels), None, &mut values)?;
        ensure!(records > 0, "a column ends before its rows do");
        read += records;
    }
    Ok((values, levels))
}

#[cfg(test)]
pub(super) mod tests {
    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, Int96};
    use parquet::record::RowAccessor as _;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    const SCHEMA: &str = "message rows {
        OPTIONAL BYTE_ARRAY driver_id (UTF8);
        OPTIONAL BYTE_ARRAY external_driver_id (UTF8);
        OPTIONAL INT96 recorded_at;
        OPTIONAL DOUBLE latitude;
        OPTIONAL BOOLEAN live;
        REQUIRED INT32 schema_version;
        OPTIONAL BYTE_ARRAY attributes (UTF8);
    }";

    fn optional(texts: &[Option<&str>]) -> Values<ByteArray> {
        let values = texts.iter().flatten().map(|text| ByteArray::from(*text)).collect();
        (values, texts.iter().map(|text| i16::from(text.is_some())).collect())
    }

    /// A file of groups of rows, each of a driver.
    pub(in super::super) fn file(groups: &[&[Option<&str>]]) -> Bytes {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
        for drivers in groups {
            let mut rows = writer.next_row_group().unwrap();
            let all = vec![1_i16; drivers.len()];
            let number = |row: usize| u32::try_from(row).unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            let (values, levels) = optional(drivers);
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            let external: Vec<_> = drivers.iter().map(|driver| driver.filter(|driver| *driver == "driver-1")).collect();
            let external: Vec<_> = external.iter().map(|driver| driver.map(|_| "courier-7")).collect();
            let (values, levels) = optional(&external);
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            let times: Vec<_> = (0..drivers.len()).map(|row| Int96::from(vec![number(row), 0, 2_460_000])).collect();
            column.typed::<Int96Type>().write_batch(&times, Some(&all), None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            // Every other row has a latitude.
            let levels: Vec<_> = (0..drivers.len()).map(|row| i16::from(row % 2 == 0)).collect();
            let values: Vec<_> = (0..drivers.len()).step_by(2).map(|row| f64::from(number(row))).collect();
            column.typed::<DoubleType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            column.typed::<BoolType>().write_batch(&vec![true; drivers.len()], Some(&all), None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            column.typed::<Int32Type>().write_batch(&vec![1; drivers.len()], None, None).unwrap();
            column.close().unwrap();
            let mut column = rows.next_column().unwrap().unwrap();
            let (values, levels) = optional(&vec![Some(r#"{"deviceId":"phone-9"}"#); drivers.len()]);
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
            rows.close().unwrap();
        }
        writer.into_inner().unwrap().into()
    }

    #[test]
    fn rows_are_left_out_and_the_rest_stays_as_it_is() {
        let before = Rows::open(file(&[&[Some("a"), Some("b"), None, Some("b")], &[Some("b")], &[Some("c")]])).unwrap();
        let keep: Vec<Vec<_>> = vec![vec![true, false, true, false], vec![false], vec![true]];
        let after = Rows::open(before.keeping(&keep).unwrap().into()).unwrap();
        assert_eq!(after.groups(), 2);
        assert_eq!(after.texts(0, "driver_id").unwrap().unwrap(), [Some("a".to_owned()), None]);
        assert_eq!(after.texts(1, "driver_id").unwrap().unwrap(), [Some("c".to_owned())]);

        let (old, new) = (before.0.metadata(), after.0.metadata());
        assert_eq!(old.file_metadata().schema_descr().root_schema(), new.file_metadata().schema_descr().root_schema());
        assert!(new.row_groups().iter().flat_map(|g| g.columns()).all(|c| c.compression() == Compression::SNAPPY));
        // Each kept row has all of its values.
        let old: Vec<_> = before.0.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let new: Vec<_> = after.0.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(
            [&old[0], &old[2], &old[5]].map(ToString::to_string).to_vec(),
            new.iter().map(ToString::to_string).collect::<Vec<_>>()
        );
        assert!((new[1].get_double(3).unwrap() - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn columns_of_text_are_found_by_name() {
        let rows = Rows::open(file(&[&[Some("driver-1"), Some("b")]])).unwrap();
        assert_eq!(rows.text_columns(), ["driver_id", "external_driver_id", "attributes"]);
        assert_eq!(rows.texts(0, "external_driver_id").unwrap().unwrap(), [Some("courier-7".to_owned()), None]);
        assert!(rows.texts(0, "latitude").unwrap().is_none());
        assert!(rows.texts(0, "unknown").unwrap().is_none());
    }

    #[test]
    fn what_is_no_parquet_is_refused() {
        assert!(Rows::open(Bytes::from_static(b"PAR1 no")).is_err());
    }
}
